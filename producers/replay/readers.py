"""Rows of a file, one form for all formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from metering.domain.errors import BadSettings

_ENDINGS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
_ENVELOPE = {"topic", "key", "value"}


@dataclass(frozen=True)
class Row:
    """One row. `number` is its line in the file, from 1 (in Parquet its row).

    `fields` is None where the row cannot be read, and `fault` says why. `raw` is the line of a text in JSON.
    """

    number: int
    fields: dict[str, object] | None
    fault: str = ""
    raw: bytes = b""


def format_of(path: Path, wanted: str | None) -> str:
    """jsonl, csv or parquet by the file's ending, unsent by its first line. Raises BadSettings."""
    if not path.is_file():
        raise BadSettings([f"{path}: no such file"])
    found = wanted or _ENDINGS.get(path.suffix.lower())
    if found is None:
        raise BadSettings([f"{path}: want a name that ends with {', '.join(_ENDINGS)}, or --format"])
    return "unsent" if found == "jsonl" and not wanted and _is_unsent(path) else found


def _is_unsent(path: Path) -> bool:
    with path.open("rb") as lines:
        fields = _read_json(1, lines.readline()).fields
    return fields is not None and set(fields) == _ENVELOPE


def rows(path: Path, form: str, named: Sequence[str] | None = None) -> Iterator[Row]:
    """All rows of the file in order; blank lines are left out. `named`: the columns of a CSV file without a header."""
    if form == "csv":
        return _csv_rows(path, named)
    return _parquet_rows(path) if form == "parquet" else _json_lines(path)


def columns(path: Path, form: str, named: Sequence[str] | None = None) -> list[str] | None:
    """The names of the file's columns; None where each row has its own."""
    if form == "csv":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            return _header(_csv_reader(lines, named))
    return list(_schema(path)) if form == "parquet" else None


def _csv_reader(lines: Iterable[str], named: Sequence[str] | None) -> csv.DictReader[str]:
    reader = csv.DictReader(lines, named, skipinitialspace=True)
    reader.fieldnames = _header(reader)
    return reader


def _header(reader: csv.DictReader[str]) -> list[str]:
    return [name.strip() for name in reader.fieldnames or []]


def _schema(path: Path) -> list[str]:
    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (OSError, ValueError) as error:
        raise BadSettings([f"{path}: not a Parquet file ({error})"]) from error


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _read_json(number, line.rstrip(b"\r\n"))


def _read_json(number: int, line: bytes) -> Row:
    try:
        found = json.loads(line)
    except ValueError as error:
        return Row(number, None, f"not JSON: {error}", line)
    if not isinstance(found, dict):
        return Row(number, None, "not a JSON object", line)
    return Row(number, found, raw=line)


def _csv_rows(path: Path, named: Sequence[str] | None) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        reader = _csv_reader(lines, named)
        while True:
            try:
                fields = next(reader, None)
            except csv.Error as error:
                yield Row(reader.line_num, None, f"not CSV: {error}")
                continue
            if fields is None:
                return
            yield _csv_row(reader.line_num, fields)


def _csv_row(number: int, fields: Mapping[str | None, str | None]) -> Row:
    """A row without the spaces around its values, quoted or not; None stands for a value that is not there."""
    if None in fields:
        return Row(number, None, "more values than there are columns")
    return Row(number, {str(name): value and value.strip() for name, value in fields.items()})


def _parquet_rows(path: Path) -> Iterator[Row]:
    with pq.ParquetFile(path) as file:
        number = 0
        for batch in file.iter_batches(batch_size=5_000):
            for fields in batch.to_pylist():
                number += 1
                yield Row(number, fields)


FORMATS = ("jsonl", "unsent", "csv", "parquet")
