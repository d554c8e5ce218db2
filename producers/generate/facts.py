"""A row of facts for each message, before it is sent: what a truth keeps account of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from producers.generate import cast
from producers.generate.chunk import Drawn, Kind

FACTS = pa.schema([
    pa.field("event_id", pa.string()),
    pa.field("timestamp", pa.timestamp("us", "UTC")),
    pa.field("kind", pa.string()),
    pa.field("id", pa.string()),
    pa.field("antenna_id", pa.string()),
    pa.field("app", pa.string()),
    pa.field("bytes", pa.int64()),
    pa.field("reason", pa.string()),
])
"""A bad message has its kind, its rejection reason and nothing else."""

_KIND_NAMES = pa.array([kind.name.lower() for kind in Kind])


def facts(
    drawn: Drawn, source: NDArray[np.intp], kind: NDArray[np.int8], *, users: cast.Shares,
    time_ms: NDArray[np.int64], size: NDArray[np.int64], reasons: list[str | None],
) -> pa.Table:
    """Facts of messages made from the events `source`; `time_ms`, `size` and `reasons` are the messages' own."""
    spoiled = pa.array(kind == Kind.BAD)
    event_ids = [drawn.event_id[index] for index in source.tolist()]
    known = {
        "event_id": pa.array(event_ids, pa.binary()).cast(pa.string()),
        "timestamp": pa.array(time_ms, pa.timestamp("ms", "UTC")).cast(pa.timestamp("us", "UTC")),
        "id": users.texts(drawn.user[source]),
        "antenna_id": cast.ANTENNAS.texts(drawn.antenna[source]),
        "app": cast.APPS.texts(drawn.app[source]),
        "bytes": pa.array(size, pa.int64()),
    }
    columns = {name: pc.if_else(spoiled, None, column) for name, column in known.items()}
    columns |= {"kind": _KIND_NAMES.take(pa.array(kind)), "reason": pa.array(reasons, pa.string())}
    return pa.table({name: columns[name] for name in FACTS.names}, schema=FACTS)
