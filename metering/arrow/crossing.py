"""When use crossed a threshold: the append time of the event that did it, from an hour's archive files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.archive import Archive
from metering.arrow.distinct import distinct_rows
from metering.arrow.listed import DamagedFile
from metering.arrow.schemas import ARRIVAL, archive_schema
from metering.domain.errors import ServiceAway
from metering.domain.stream import Stream

MOST_ROWS = 20_000_000
"""Rows of an hour that are looked through for it: some seconds. Of a larger hour the moment is not told."""


def rows_of(
    archive: Archive, stream: Stream, paths: Sequence[str], subject: str, ids: Sequence[str]
) -> pa.Table:
    """The rows of these ids in files of one event hour; only they are held. `subject`: the ids' column.

    Raises DamagedFile, ServiceAway where HDFS is away.
    """
    schema, wanted = archive_schema(stream), pc.is_in(pc.field(subject), pa.array(ids, pa.string()))
    read = [_matching(archive, path, schema, wanted) for path in paths]
    return pa.concat_tables(read) if read else schema.empty_table()


def _matching(archive: Archive, path: str, schema: pa.Schema, wanted: pc.Expression) -> pa.Table:
    try:
        found = pq.read_table(
            archive.full(path), filesystem=archive.files, schema=schema, use_threads=False, partitioning=None,
            filters=wanted)
    except ServiceAway:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFile(f"{path}: cannot be read ({' '.join(str(error).split())[:200]})") from error
    return found.cast(schema)


def crossings(
    stream: Stream, rows: pa.Table, subject: str, measure: str, thresholds: Mapping[str, Sequence[Decimal]]
) -> dict[tuple[str, Decimal], datetime]:
    """(id, threshold) → the append time at which the sum of `measure` reached it, each event once.

    Events count in the order of their arrival: append time, partition, offset. What is not reached is left out.
    """
    first = distinct_rows(stream, rows).first.sort_by(ARRIVAL)
    found: dict[tuple[str, Decimal], datetime] = {}
    sums = dict.fromkeys(thresholds, Decimal(0))
    for id, value, arrived in zip(
            first[subject].to_pylist(), first[measure].to_pylist(), first["ingest_time"].to_pylist(), strict=True):
        if id in sums and value is not None:
            sums[id] += value
            for threshold in thresholds[id]:
                if sums[id] >= threshold and sums[id] > 0:
                    found.setdefault((id, threshold), arrived)
    return found
