"""Events as they were archived, for whoever wants to see behind a number: a bounded look, not a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from metering.arrow.archive import Archive
from metering.arrow.schemas import archive_schema
from metering.domain.errors import Damaged
from metering.streams.devices import DEVICES

MOST_EVENTS = 200


@dataclass(frozen=True)
class ArchivedEvent:
    """A row of an archive file; repeats are rows too. Times in UTC."""

    timestamp: datetime
    id: str
    antenna_id: str
    app: str
    bytes: int
    event_id: str | None
    partition: int
    offset: int
    ingest_time: datetime


def archived_events(
    root: str, paths: Sequence[str], field: str | None = None, value: str = "", most: int = MOST_EVENTS
) -> list[ArchivedEvent]:
    """The first `most` rows of the files (relative to the archive's root), only those whose `field` is `value`.

    Raises Damaged where a file is away or cannot be read.
    """
    if not paths:
        return []
    try:
        archive = Archive(root)
        files = pads.dataset(
            [archive.full(path) for path in paths], schema=archive_schema(DEVICES), format="parquet",
            filesystem=archive.files)
        rows = files.head(most, filter=pc.field(field) == value if field else None, columns=_COLUMNS)
    except (OSError, pa.ArrowException) as error:
        raise Damaged(f"an archive file cannot be read: {str(error).splitlines()[0]}") from error
    return [ArchivedEvent(**row) for row in rows.to_pylist()]


_COLUMNS = ["timestamp", "id", "antenna_id", "app", "bytes", "event_id", "partition", "offset", "ingest_time"]
