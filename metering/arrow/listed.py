"""Reading files that the manifest lists, each checked against what it says of them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.archive import Archive
from metering.domain.errors import ServiceAway
from metering.domain.stream import EVENT_ID


@dataclass(frozen=True)
class FileToRead:
    """`fresh`: of a generation that the hour has not published."""

    path: str
    rows: int
    size: int
    fresh: bool = False


class DamagedFile(Exception):
    """A listed file that is missing, cut, or holds other rows than listed."""


def read_file(archive: Archive, schema: pa.Schema, file: FileToRead) -> pa.Table:
    """All rows of a listed file, checked against the manifest; `schema` says which columns.

    Raises DamagedFile, ServiceAway where HDFS is away.
    """
    if archive.size(file.path) != file.size:
        raise DamagedFile(f"{file.path}: want {file.size} bytes, found {archive.size(file.path)}")
    try:
        table = pq.read_table(
            archive.full(file.path), filesystem=archive.files, schema=schema, use_threads=False, partitioning=None)
    except ServiceAway:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFile(f"{file.path}: cannot be read ({' '.join(str(error).split())[:200]})") from error
    if table.num_rows != file.rows:
        raise DamagedFile(f"{file.path}: want {file.rows} rows, found {table.num_rows}")
    return table.cast(schema)


def in_bucket(table: pa.Table, bucket: int, buckets: int) -> pa.ChunkedArray:
    """True for rows of a bucket. All rows of an identity fall into the same, by its last two characters."""
    ids = table[EVENT_ID]
    of_offset = pc.cast(pc.bit_wise_and(table["offset"], 255), pa.string())
    ending = pc.coalesce(pc.utf8_slice_codeunits(ids, start=-2), of_offset)
    encoded = ending.combine_chunks().dictionary_encode()
    of_ending = [zlib.crc32(text.encode()) % buckets == bucket for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pc.take(pa.array(of_ending, pa.bool_()), encoded.indices)])
