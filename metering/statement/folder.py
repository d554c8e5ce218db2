"""The folder on the disk: its files, and the list of their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.schemas import archive_schema
from metering.domain.errors import BadSettings
from metering.domain.stream import Stream
from metering.statement.document import ArchiveContent, Statement, Unreadable
from metering.statement.written import ARCHIVE, STATEMENT, archive_json, read_archive, read_statement, statement_json

SUMS = "SHA256SUMS"
_BLOCK_BYTES = 2**20
_YEAR_9999_US = 253_370_764_800 * 1_000_000


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was stated: where, and how."""

    place: str
    how: str

    def __str__(self) -> str:
        return f"{self.place}: {self.how}"


def write_folder(
    folder: Path, statement: Statement, archive: ArchiveContent, events: Mapping[str, pa.Table]
) -> None:
    """Write all files into `folder`, which is made; one that holds a statement already is written again.

    Raises BadSettings for a folder that cannot be written, or holds anything else.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_others(folder)
        (folder / "events").mkdir(exist_ok=True)
        for old in (folder / "events").glob("*.parquet"):
            old.unlink()
        for topic, rows in events.items():
            pq.write_table(rows, folder / "events" / f"{topic}.parquet", compression="zstd")
        (folder / STATEMENT).write_text(statement_json(statement), encoding="utf-8")
        (folder / ARCHIVE).write_text(archive_json(archive), encoding="utf-8")
        (folder / SUMS).write_text(sums_text(folder), encoding="utf-8")
    except OSError as error:
        raise BadSettings([f"--to={str(folder)!r}: cannot be written ({error.strerror})"]) from error


def _refuse_others(folder: Path) -> None:
    known = {STATEMENT, ARCHIVE, SUMS, "events"}
    others = sorted(found.name for found in folder.iterdir() if found.name not in known)
    if others:
        raise BadSettings([f"--to={str(folder)!r}: holds {others[0]!r}; want an empty folder, or one of a statement"])


def sums_text(folder: Path) -> str:
    """A line a file, as `sha256sum` writes and checks them: two spaces, the path within the folder."""
    return "".join(f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder))


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def check_sums(folder: Path) -> Iterator[Difference]:
    """Each file that is not as SHA256SUMS says, is missing or is not named there."""
    stated = dict(_stated(folder))
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for name in sorted(stated.keys() | found.keys()):
        if name not in found:
            yield Difference(name, f"is named in {SUMS}, but is missing")
        elif name not in stated:
            yield Difference(name, f"is not named in {SUMS}")
        elif (digest := file_sha256(found[name])) != stated[name]:
            yield Difference(name, f"SHA-256 in {SUMS} {stated[name]}, of the file {digest}")


def open_folder(folder: Path) -> tuple[Statement, ArchiveContent]:
    """Its documents. Raises BadSettings where it is no statement's folder, Unreadable where they cannot be read."""
    for name in (STATEMENT, ARCHIVE, SUMS):
        if not (folder / name).is_file():
            raise BadSettings([
                f"DIR={str(folder)!r}: has no {name}; want a folder that `lambdameter statement … --to DIR` wrote"])
    return read_statement(_text(folder / STATEMENT)), read_archive(_text(folder / ARCHIVE))


def read_events(folder: Path, stream: Stream) -> pa.Table:
    """The customer's events of a stream; none where there is no file. Raises Unreadable."""
    path, schema = folder / "events" / f"{stream.topic}.parquet", archive_schema(stream)
    if not path.is_file():
        return schema.empty_table()
    try:
        rows = pq.read_table(path, schema=schema, use_threads=False, partitioning=None).cast(schema)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise Unreadable(f"events/{path.name}", f"the events of {stream.topic} as Parquet ({_line(error)})") from error
    for field in schema:
        _refuse_impossible(f"events/{path.name}, {field.name}", field, rows[field.name])
    return rows


def _refuse_impossible(place: str, field: pa.Field, values: pa.ChunkedArray) -> None:
    """What no event has: nothing where a value must be, or a time before 1970 or after 9998."""
    if values.null_count and not field.nullable:
        raise Unreadable(place, "a value in every row")
    if pa.types.is_timestamp(field.type) and values.null_count < len(values):
        ends = pc.min_max(values.cast(pa.int64())).as_py()
        if ends["min"] < 0 or ends["max"] >= _YEAR_9999_US:
            raise Unreadable(place, "times from 1970 to 9998")


def _stated(folder: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_text(folder / SUMS).splitlines(), 1):
        digest, spaces, name = line.partition("  ")
        if not spaces or len(digest) != 64:
            raise Unreadable(f"{SUMS}, line {number}", "64 digits, two spaces, a path")
        yield name, digest


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(path.name, f"text in UTF-8 ({_line(error)})") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
