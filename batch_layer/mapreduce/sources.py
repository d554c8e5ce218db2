"""What the job reads, written to one file on this machine: archive rows, or the gateway's day files."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from batch_layer.mapreduce.lines import numbered
from metering.arrow.archive import Archive
from metering.arrow.listed import DamagedFile, FileToRead, read_file
from metering.arrow.schemas import archive_schema
from metering.domain.errors import Damaged
from metering.domain.stream import Stream
from metering.store.rotation import ListedFile

INBOX_FOLDER = "inbox"
_DAY_FILE = re.compile(rf"{INBOX_FOLDER}/(\d{{4}}-\d\d-\d\d)\.jsonl")
_ROWS_AT_ONCE = 16_384


def write_archive_rows(archive: Archive, stream: Stream, files: Sequence[ListedFile], target: Path) -> int:
    """Every row of the files, repeats too, one JSON object a line; returns how many. Raises Damaged."""
    written = 0
    schema = archive_schema(stream)
    with target.open("wb") as lines:
        for file in files:
            try:
                rows = read_file(archive, schema, FileToRead(file.path, file.rows, file.size, sha256=file.sha256))
            except DamagedFile as damage:
                raise Damaged(str(damage)) from damage
            lines.writelines(_json_lines(rows))
            written += rows.num_rows
    return written


def _json_lines(rows: pa.Table) -> Iterator[bytes]:
    for batch in pa.table({name: _in_json(rows[name]) for name in rows.column_names}).to_batches(_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            yield json.dumps(row).encode() + b"\n"


def _in_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times in epoch microseconds, decimals as text."""
    if pa.types.is_timestamp(column.type):
        return pc.cast(column, pa.int64())
    return pc.cast(column, pa.string()) if pa.types.is_decimal(column.type) else column


def day_files(archive: Archive, day: date) -> list[str]:
    """The day files that can hold samples of `day`: of the day before, for a clock that is ahead, and all later ones,
    for late samples."""
    paths = sorted(archive.relative(found) for found in archive.list(INBOX_FOLDER))
    named = ((path, match[1]) for path in paths if (match := _DAY_FILE.fullmatch(path)))
    oldest = (day - timedelta(days=1)).isoformat()
    return [path for path, written in named if written >= oldest]


def write_day_files(archive: Archive, paths: Iterable[str], target: Path) -> int:
    """Every whole line of the files, numbered from 1 with its file's number; returns how many.

    A line that does not end was never acknowledged: the gateway writes it again, or is about to end it.
    """
    written = 0
    with target.open("wb") as lines:
        for number, path in enumerate(paths):
            with archive.files.open_input_stream(archive.full(path)) as stored:
                for line, raw in enumerate(io.BufferedReader(stored), 1):
                    if raw.endswith(b"\n") and raw.strip():
                        lines.write(numbered(number, line, raw))
                        written += 1
    return written
