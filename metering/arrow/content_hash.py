"""The fingerprint of `domain.billing.content_hash`, of Arrow tables: the bytes of rows are put together a column at a
time, only their SHA-256 a row at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from metering.domain.billing.content_hash import UNKNOWN, ContentHash, cell_text, head, of_digests

_ROWS_AT_ONCE = 65_536


def content_hash(rows: pa.Table, columns: Sequence[str]) -> ContentHash:
    """The fingerprint of the rows' `columns`; their order, and that of the rows, do not matter."""
    return of_digests(row_digests(rows, columns))


def row_digests(rows: pa.Table, columns: Sequence[str]) -> Iterator[bytes]:
    """The SHA-256 of each row's canonical bytes, in the rows' order."""
    names = sorted(columns)
    begun = hashlib.sha256(head(names))
    for start in range(0, rows.num_rows, _ROWS_AT_ONCE):
        for values in _values(rows.slice(start, _ROWS_AT_ONCE), names).to_pylist():
            row = begun.copy()
            row.update(values)
            yield row.digest()


def _values(rows: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """What follows the head in each row's canonical bytes."""
    cells = [_net(_texts(rows[name].combine_chunks())) for name in names]
    return pc.binary_join_element_wise(*cells, pa.scalar(b"", pa.binary()))


def _net(texts: pa.Array) -> pa.Array:
    lengths = pc.cast(pc.cast(pc.binary_length(texts), pa.string()), pa.binary())
    ends = [pa.scalar(end, pa.binary()) for end in (b":", b",", b"")]
    joined = pc.binary_join_element_wise(
        pc.binary_join_element_wise(lengths, texts, ends[0]), ends[2], ends[1])
    return pc.coalesce(joined, pa.scalar(UNKNOWN, pa.binary()))


def _texts(column: pa.Array) -> pa.Array:
    """Each value's one spelling, as bytes; null stays null."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64())
    elif pa.types.is_floating(kind):
        column = column.cast(pa.float64()).view(pa.int64())
    elif pa.types.is_decimal(kind):
        column = pa.array([None if one is None else cell_text(one) for one in column.to_pylist()], pa.string())
    return pc.cast(pc.cast(column, pa.string()), pa.binary())
