"""Events as they were archived: a bounded look behind a number, and an hour whole for those who search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from metering.arrow.archive import Archive
from metering.arrow.schemas import archive_schema
from metering.domain.errors import Damaged
from metering.domain.stream import EVENT_ID, Field, Kind, Stream

MOST_EVENTS = 200


@dataclass(frozen=True)
class ArchivedEvent:
    """A row of an archive file; repeats are rows too. Times in UTC; `values` by field, None: unknown."""

    timestamp: datetime
    values: Mapping[str, Any]
    event_id: str | None
    partition: int
    offset: int
    ingest_time: datetime


def shown_fields(stream: Stream) -> list[Field]:
    """The declared fields but the time, in their order: the keys of `values`."""
    return [field for field in stream.fields if field.kind is not Kind.TIME]


def archived_events(
    root: str, stream: Stream, paths: Sequence[str], field: str | None = None, value: str = "",
    most: int = MOST_EVENTS
) -> list[ArchivedEvent]:
    """The first `most` rows of the files (relative to the archive's root), only those whose `field` is `value`.

    Raises Damaged where a file is away or cannot be read.
    """
    if not paths:
        return []
    with _reading():
        rows = _files(Archive(root), stream, paths).head(most, filter=pc.field(field) == value if field else None)
    return [_event(stream, row) for row in rows.to_pylist()]


def rows_of_hour(archive: Archive, stream: Stream, paths: Sequence[str]) -> pa.Table:
    """Every row of one hour's files, repeats too. Raises Damaged where a file is away or cannot be read."""
    with _reading():
        return _files(archive, stream, paths).to_table()


def _files(archive: Archive, stream: Stream, paths: Sequence[str]) -> pads.Dataset:
    return pads.dataset(
        [archive.full(path) for path in paths], schema=archive_schema(stream), format="parquet",
        filesystem=archive.files)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise Damaged(f"an archive file cannot be read: {str(error).splitlines()[0]}") from error


def _event(stream: Stream, row: Mapping[str, Any]) -> ArchivedEvent:
    return ArchivedEvent(
        timestamp=row[stream.time_field.name], values={field.name: row[field.name] for field in shown_fields(stream)},
        event_id=row[EVENT_ID], partition=row["partition"], offset=row["offset"], ingest_time=row["ingest_time"])
