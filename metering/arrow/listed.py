"""Reading files that the manifest lists, each checked against what it says of them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.archive import Archive
from metering.domain.errors import ServiceAway
from metering.domain.stream import EVENT_ID

_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class FileToRead:
    """`fresh`: of a generation that the hour has not published. `sha256`: what its bytes are to give; empty: they are
    not asked, which does for a reader of few columns."""

    path: str
    rows: int
    size: int
    fresh: bool = False
    sha256: str = ""


class DamagedFile(Exception):
    """A listed file that is missing, cut, changed, or holds other rows than listed."""


def read_file(archive: Archive, schema: pa.Schema, file: FileToRead) -> pa.Table:
    """All rows of a listed file, checked against the manifest; `schema` says which columns, and which as a dictionary.

    Raises DamagedFile, ServiceAway where HDFS is away.
    """
    _want_size(archive, file)
    with _telling_damage(file.path):
        source = _whole(archive, file) if file.sha256 else archive.files.open_input_file(archive.full(file.path))
        with source:
            table = _rows(source, schema)
    if table.num_rows != file.rows:
        raise DamagedFile(f"{file.path}: want {file.rows} rows, found {table.num_rows}")
    return table


def _rows(source: pa.NativeFile, schema: pa.Schema) -> pa.Table:
    """The columns of `schema`; one that the file does not have is null. `read_table` takes half as long again."""
    encoded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    found = pq.ParquetFile(source, read_dictionary=encoded).read(columns=schema.names, use_threads=False)
    for field in schema:
        if field.name not in found.column_names:
            found = found.append_column(field, pa.nulls(found.num_rows, field.type))
    return found.select(schema.names).cast(schema)


def look_at(archive: Archive, file: FileToRead) -> None:
    """Compare a listed file with the manifest without reading its rows: size and footer, or all bytes by `sha256`.

    Raises as `read_file` does.
    """
    _want_size(archive, file)
    with _telling_damage(file.path):
        if file.sha256:
            _want_digest(archive, file)
            return
        with archive.files.open_input_file(archive.full(file.path)) as opened:
            rows = pq.read_metadata(opened).num_rows
    if rows != file.rows:
        raise DamagedFile(f"{file.path}: want {file.rows} rows, found {rows}")


def _want_size(archive: Archive, file: FileToRead) -> None:
    if (found := archive.size(file.path)) != file.size:
        raise DamagedFile(f"{file.path}: want {file.size} bytes, found {'no file' if found is None else found}")


def _whole(archive: Archive, file: FileToRead) -> pa.BufferReader:
    """The file's bytes, read once for the digest and for the rows: a changed byte may still be readable as others."""
    with archive.files.open_input_stream(archive.full(file.path)) as opened:
        content = opened.read_buffer()
    _compare(file, hashlib.sha256(content).hexdigest())
    return pa.BufferReader(content)


def _want_digest(archive: Archive, file: FileToRead) -> None:
    digest = hashlib.sha256()
    with archive.files.open_input_stream(archive.full(file.path)) as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    _compare(file, digest.hexdigest())


def _compare(file: FileToRead, digest: str) -> None:
    if digest != file.sha256:
        raise DamagedFile(f"{file.path}: want SHA-256 {file.sha256}, found {digest}")


@contextmanager
def _telling_damage(path: str) -> Iterator[None]:
    """Turn what cannot be read into DamagedFile; an archive that is away stays that."""
    try:
        yield
    except ServiceAway:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFile(f"{path}: cannot be read ({' '.join(str(error).split())[:200]})") from error


def in_bucket(table: pa.Table, bucket: int, buckets: int) -> pa.ChunkedArray:
    """True for rows of a bucket. All rows of an identity fall into the same, by its last two characters."""
    ids = table[EVENT_ID]
    of_offset = pc.cast(pc.bit_wise_and(table["offset"], 255), pa.string())
    ending = pc.coalesce(pc.utf8_slice_codeunits(ids, start=-2), of_offset)
    encoded = ending.combine_chunks().dictionary_encode()
    of_ending = [zlib.crc32(text.encode()) % buckets == bucket for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pc.take(pa.array(of_ending, pa.bool_()), encoded.indices)])
