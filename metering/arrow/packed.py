"""A table as bytes, and back: how it travels in a cell of another table, between our own processes."""

from __future__ import annotations

import pyarrow as pa


def packed(table: pa.Table) -> bytes:
    """The table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpacked(stream: bytes) -> pa.Table:
    """The table that was packed."""
    return pa.ipc.open_stream(stream).read_all()
