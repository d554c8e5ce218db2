"""One archive file written at once, from rows in hand."""

from __future__ import annotations

import pyarrow as pa

from metering.arrow.archive import Archive
from metering.arrow.files import FileWriter
from metering.domain.archive_file import RowSpan

_ROW_GROUP_ROWS = 262_144


def write_file(archive: Archive, path: str, rows: pa.Table) -> tuple[int, str]:
    """Write all rows, in their order; returns size in bytes and SHA-256. Durable under its name when it returns."""
    writer = FileWriter(archive, rows.schema, path)
    try:
        for start in range(0, rows.num_rows, _ROW_GROUP_ROWS):
            writer.write(rows.slice(start, _ROW_GROUP_ROWS))
        return writer.finish()
    except BaseException:
        writer.abandon()
        raise


def spans_of(rows: pa.Table) -> dict[int, RowSpan]:
    """What the rows are of each partition."""
    of_partition = rows.group_by("partition").aggregate([("offset", "min"), ("offset", "max"), ("offset", "count")])
    return {
        span["partition"]: RowSpan(span["offset_min"], span["offset_max"], span["offset_count"])
        for span in of_partition.to_pylist()}
