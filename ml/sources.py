"""Where plays and clicks come from: the archive, or two CSV files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from psycopg2.extensions import cursor as Cursor
from pyspark.sql import DataFrame, SparkSession

from metering.store.manifest import files_between
from metering.streams import STREAMS
from ml.archive_rows import Reading, archived, hour_parts
from ml.csv_rows import CsvFile, read_csv
from ml.span import Span

LISTENS, CLICKS = STREAMS["listens"], STREAMS["clicks"]

_PLAY = ("customer_id", "timestamp", "track_id", "is_mobile")
_CLICK = ("customer_id", "timestamp", "ad")

Transaction = Callable[[], AbstractContextManager[Cursor]]


class Source(Protocol):
    """Each event once, with the columns of its stream and the fault columns."""

    def plays(self, session: SparkSession, span: Span) -> DataFrame: ...

    def clicks(self, session: SparkSession, span: Span) -> DataFrame: ...


@dataclass(frozen=True)
class ArchiveSource:
    """The listed files of the archive, published or not."""

    archive: str
    transaction: Transaction

    def plays(self, session: SparkSession, span: Span) -> DataFrame:
        return archived(session, self.reading(_PLAY, span))

    def clicks(self, session: SparkSession, span: Span) -> DataFrame:
        with self.transaction() as cursor:
            files = files_between(cursor, CLICKS.topic, span.start, span.end)
        return archived(session, Reading(CLICKS, self.archive, hour_parts(files), _CLICK, span))

    def reading(self, columns: Sequence[str], span: Span) -> Reading:
        """How to read these columns of the plays in the span."""
        with self.transaction() as cursor:
            files = files_between(cursor, LISTENS.topic, span.start, span.end)
        return Reading(LISTENS, self.archive, hour_parts(files), tuple(columns), span)


@dataclass(frozen=True)
class CsvSource:
    """A file of plays and a file of clicks, their local times in `zone`."""

    listens: Path
    clicked: Path
    zone: ZoneInfo

    def plays(self, session: SparkSession, span: Span) -> DataFrame:
        return session.createDataFrame(read_csv(CsvFile(self.listens, LISTENS, self.zone), span))

    def clicks(self, session: SparkSession, span: Span) -> DataFrame:
        return session.createDataFrame(read_csv(CsvFile(self.clicked, CLICKS, self.zone), span))
