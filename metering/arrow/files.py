"""Archive files being written: one Parquet file per task and hour, durable before its name counts."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.archive import Archive, hour_folder
from metering.arrow.partial import window_starts
from metering.domain.archive_file import ArchiveFile
from metering.domain.rollup import HOUR_S
from metering.domain.stream import EVENT_ID, Stream

UNFINISHED = ".part"
_ROW_GROUP_ROWS = 131_072


class _Counted:
    """An output stream that keeps the size and SHA-256 of what went through it."""

    def __init__(self, archive: Archive, path: str) -> None:
        self._archive, self._path = archive, archive.full(path)
        self._stream = archive.files.open_output_stream(self._path)
        self._sum = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, content: Any) -> int:
        self._stream.write(content)
        self._sum.update(content)
        self.size += len(content)
        return len(content)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._stream.flush()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._stream.close()

    def finish(self) -> str:
        """Close, force to disk, and give the SHA-256."""
        self.close()
        if self._archive.is_local:
            descriptor = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return self._sum.hexdigest()


class FileWriter:
    """Writes one archive file. Until `finish` it has another ending and counts for nothing.

    `unfinished` names it until then, for a file that takes the place of one of the same name.
    """

    def __init__(self, archive: Archive, schema: pa.Schema, path: str, unfinished: str = "") -> None:
        self._archive, self._path = archive, path
        self._unfinished = unfinished or path + UNFINISHED
        archive.make_folder(path.rsplit("/", 1)[0])
        self._sink = _Counted(archive, self._unfinished)
        try:
            self._parquet = self._start(schema)
        except BaseException:
            self._drop()
            raise
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self.rows = 0

    def _start(self, schema: pa.Schema) -> pq.ParquetWriter:
        dictionary = [field.name for field in schema if pa.types.is_string(field.type) and field.name != EVENT_ID]
        # Bounds of identities rule out no row group, and cost more than those of all other columns.
        bounded = [name for name in schema.names if name != EVENT_ID]
        return pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"), schema, compression="zstd", compression_level=1,
            use_dictionary=dictionary, write_statistics=bounded)

    def write(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self.rows += table.num_rows
        if self._waiting_rows >= _ROW_GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        if self._waiting:
            self._parquet.write_table(pa.concat_tables(self._waiting), row_group_size=2**30)
            self._waiting, self._waiting_rows = [], 0

    def finish(self) -> tuple[int, str]:
        """Make the file durable under its own name; returns size in bytes and SHA-256."""
        self._write_group()
        self._parquet.close()
        digest = self._sink.finish()
        self._archive.rename(self._unfinished, self._path)
        return self._sink.size, digest

    def abandon(self) -> None:
        """Drop what was written; for a task that fails."""
        with suppress(Exception):
            self._parquet.close()
        self._drop()

    def _drop(self) -> None:
        with suppress(Exception):
            self._sink.close()
        with suppress(Exception):
            self._archive.remove(self._unfinished)


@dataclass
class _Open:
    writer: FileWriter
    path: str
    first_offset: int
    last_offset: int
    first_ingest: int
    measured: int = 0


class HourFiles:
    """One partition's accepted rows of one slice, a file per event hour.

    The name holds partition and first offset for a reader's eye, and a random part, so that two attempts at
    the same task never share a file.
    """

    def __init__(self, archive: Archive, stream: Stream, schema: pa.Schema, partition: int) -> None:
        self._archive, self._stream, self._schema, self._partition = archive, stream, schema, partition
        self._open: dict[int, _Open] = {}

    def write(self, events: pa.Table, measured: Callable[[pa.Table], int]) -> None:
        """Add accepted rows; `measured` weighs those of each file, for the slice's balance."""
        for hour, rows in split_by_hour(self._stream, events):
            lows = [pc.min(rows[name].cast(pa.int64())).as_py() for name in ("offset", "ingest_time")]
            last = pc.max(rows["offset"]).as_py()
            file = self._open.get(hour)
            if file is None:
                file = self._open[hour] = self._begin(hour, first_offset=lows[0], first_ingest=lows[1])
            file.first_offset = min(file.first_offset, lows[0])
            file.last_offset = max(file.last_offset, last)
            file.first_ingest = min(file.first_ingest, lows[1])
            file.measured += measured(rows)
            file.writer.write(rows)

    def _begin(self, hour: int, *, first_offset: int, first_ingest: int) -> _Open:
        name = f"p{self._partition}-{first_offset}-{uuid.uuid4().hex[:12]}.parquet"
        path = f"{hour_folder(self._stream.topic, hour)}/{name}"
        return _Open(FileWriter(self._archive, self._schema, path), path, first_offset, first_offset, first_ingest)

    def finish(self) -> list[tuple[ArchiveFile, int]]:
        """Make all files durable; each with what its rows weigh."""
        return [(self._finish(hour, file), file.measured) for hour, file in sorted(self._open.items())]

    def _finish(self, hour: int, file: _Open) -> ArchiveFile:
        size, digest = file.writer.finish()
        return ArchiveFile(
            path=file.path, topic=self._stream.topic, hour=hour, rows=file.writer.rows,
            kafka_partition=self._partition, first_offset=file.first_offset, last_offset=file.last_offset,
            first_ingest=file.first_ingest, size=size, sha256=digest)

    def abandon(self) -> None:
        for file in self._open.values():
            file.writer.abandon()


def split_by_hour(stream: Stream, events: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each event hour (epoch microseconds), hours ascending."""
    if not events.num_rows:
        return
    hours = pc.cast(window_starts(events[stream.time_field.name], HOUR_S), pa.int64())
    distinct = sorted(pc.unique(hours).to_pylist())
    if len(distinct) == 1:
        yield distinct[0], events
        return
    for hour in distinct:
        yield hour, events.filter(pc.equal(hours, hour))
