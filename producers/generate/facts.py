"""A row of facts for each message, before it is sent: what a truth keeps account of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from producers.generate.chunk import Kind

_KIND_NAMES = pa.array([kind.name.lower() for kind in Kind])


def schema_of(*fields: pa.Field) -> pa.Schema:
    """The facts of a stream with these fields. A bad message has its kind, its rejection reason and nothing else."""
    return pa.schema([
        pa.field("event_id", pa.string()),
        pa.field("timestamp", pa.timestamp("us", "UTC")),
        pa.field("kind", pa.string()),
        *fields,
        pa.field("reason", pa.string()),
    ])


def facts(
    schema: pa.Schema, kind: NDArray[np.int8], reasons: Sequence[str | None], event_ids: Sequence[bytes],
    time_ms: NDArray[np.int64], **columns: pa.Array,
) -> pa.Table:
    """Facts of messages; `time_ms` is when the event of each happened, `columns` the stream's own fields."""
    spoiled = pa.array(kind == Kind.BAD)
    known = {
        "event_id": pa.array(event_ids, pa.binary()).cast(pa.string()),
        "timestamp": pa.array(time_ms, pa.timestamp("ms", "UTC")).cast(pa.timestamp("us", "UTC")),
        **columns,
    }
    all_columns = {name: pc.if_else(spoiled, None, column) for name, column in known.items()}
    all_columns |= {"kind": _KIND_NAMES.take(pa.array(kind)), "reason": pa.array(reasons, pa.string())}
    return pa.table({name: all_columns[name] for name in schema.names}, schema=schema)
