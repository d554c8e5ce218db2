"""Reads the listed Parquet files, and notes each that is not as it was listed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute
import pyarrow.fs
import pyarrow.parquet as pq

from tests.lib.evidence import Acknowledged, Row
from tests.lib.message_rules import MICROSECONDS, floor_us
from tests.lib.streams_told.shapes import StreamTold


class ListedFile(NamedTuple):
    """A row of archive_file that is not superseded."""

    path: str
    hour_us: int
    rows: int
    partition: int | None
    first_offset: int | None
    last_offset: int | None
    generation: int
    size: int
    sha256: str


def read_archive(root: str, told: StreamTold, files: list[ListedFile]) -> tuple[list[Row], list[str]]:
    """The rows of all listed files, and what is wrong with any of them."""
    filesystem, base = _filesystem(root)
    rows: list[Row] = []
    faults: list[str] = []
    for file in files:
        try:
            with filesystem.open_input_file(f"{base}/{file.path}") as source:
                content = source.read()
            table = pq.ParquetFile(pa.BufferReader(content)).read()
            found = list(_rows(told, table, file))
        except (OSError, pa.ArrowException, KeyError) as error:
            faults.append(f"{file.path}: {error}")
            continue
        rows += found
        faults += [f"{file.path}: {fault}" for fault in _differences(file, told.topic, content, found)]
        if set(table["topic"].to_pylist()) - {told.topic}:
            faults.append(f"{file.path}: rows of another topic")
    return rows, faults


def read_acknowledged(path: str | Path, topic: str) -> list[Acknowledged]:
    """What a producer's truth says was acknowledged of a topic; `path` is the file or its folder."""
    path = Path(path)
    table = pq.read_table(path / "acknowledged.parquet" if path.is_dir() else path, partitioning=None)
    table = table.filter(pa.compute.equal(table["topic"].cast(pa.string()), topic))
    columns = (table[name].to_pylist() for name in ("partition", "offset", "event_id"))
    return [Acknowledged(*values) for values in zip(*columns, _event_times(table["timestamp"]), strict=True)]


def _filesystem(root: str) -> tuple[pa.fs.FileSystem, str]:
    if root.startswith("hdfs://"):
        from hdfs_native.fsspec import HdfsFileSystem

        parts = urlsplit(root)
        # A cached client would end in every process forked later, and wait there for threads it does not have.
        hdfs = HdfsFileSystem(parts.hostname, parts.port, skip_instance_cache=True)
        return pa.fs.PyFileSystem(pa.fs.FSSpecHandler(hdfs)), parts.path
    if "://" in root:
        filesystem, base = pa.fs.FileSystem.from_uri(root)
        return filesystem, base.rstrip("/")
    return pa.fs.LocalFileSystem(), str(Path(root))


def _rows(told: StreamTold, table: pa.Table, file: ListedFile) -> Iterator[Row]:
    times = _microseconds(table[told.time.name]), _microseconds(table["ingest_time"])
    places = table["partition"].to_pylist(), table["offset"].to_pylist()
    contents = (table[name].to_pylist() for name in told.content._fields[1:])
    added = zip(*(table[name].to_pylist() for name in told.added), strict=True) if told.added else [()] * len(table)
    columns = zip(*times, *places, added, *contents, strict=True)
    for event_us, ingest_us, partition, offset, more, *values in columns:
        content = told.content(event_us, *values)
        yield Row(content, more, partition, offset, ingest_us, file.hour_us, file.generation)


def _event_times(column: pa.ChunkedArray) -> list[int | None]:
    """A truth may hold times as such, or epoch seconds as they were sent."""
    if pa.types.is_timestamp(column.type):
        return _microseconds(column)
    return [None if seconds is None or not isfinite(seconds) else floor_us(seconds) for seconds in column.to_pylist()]


def _microseconds(column: pa.ChunkedArray) -> list[int]:
    return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()


def _differences(file: ListedFile, topic: str, content: bytes, rows: list[Row]) -> Iterator[str]:
    if len(rows) != file.rows:
        yield f"{len(rows)} rows, listed are {file.rows}"
    if len(content) != file.size:
        yield f"{len(content)} bytes, listed are {file.size}"
    if hashlib.sha256(content).hexdigest() != file.sha256:
        yield "its SHA-256 is not the listed one"
    if not file.path.startswith(_folder(topic, file.hour_us)):
        yield f"not in the folder {_folder(topic, file.hour_us)} of its hour"
    if any(row.hour_us != file.hour_us for row in rows):
        yield "rows of another hour"
    offsets = [row.offset for row in rows]
    if file.partition is not None and (file.first_offset, file.last_offset) != (min(offsets), max(offsets)):
        yield f"offsets {min(offsets)} to {max(offsets)}, listed are {file.first_offset} to {file.last_offset}"
    if file.partition is not None and {row.partition for row in rows} != {file.partition}:
        yield f"rows of other partitions than {file.partition}"


def _folder(topic: str, hour_us: int) -> str:
    """
    >>> _folder("devices", 0)
    'devices/year=1970/month=01/day=01/hour=00/'
    """
    return datetime.fromtimestamp(hour_us // MICROSECONDS, UTC).strftime(f"{topic}/year=%Y/month=%m/day=%d/hour=%H/")
