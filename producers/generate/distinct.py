"""Counts of acknowledged messages, each identity counted once.

Written apart from the kernel on purpose: it is what the product's own figures are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def count(acknowledged: pa.Table, content: Sequence[str]) -> tuple[pa.Table, dict[str, Any]]:
    """The distinct events among rows of acknowledged.parquet, and how many of each kind of message there are.

    Of an identity, (event hour, event_id), the first by ingest time, partition and offset counts; the others are
    duplicates, or conflicts where their `content` differs.
    """
    is_bad = pc.equal(acknowledged["kind"], "bad")
    bad, events = acknowledged.filter(is_bad), acknowledged.filter(pc.invert(is_bad))
    first, repeats, conflicts = _distinct(events, content)
    return first, {
        "messages": len(acknowledged),
        "distinct": len(first),
        "duplicates": repeats,
        "conflicts": conflicts,
        "late": pc.sum(pc.equal(events["kind"], "late")).as_py() or 0,
        "bad": {row["values"]: row["counts"] for row in pc.value_counts(bad["reason"]).to_pylist()},
    }


def _distinct(events: pa.Table, content: Sequence[str]) -> tuple[pa.Table, int, int]:
    """The first of each identity, and how many others repeat or contradict it."""
    ordered = events.sort_by([("ingest_time", "ascending"), ("partition", "ascending"), ("offset", "ascending")])
    hour = pc.floor_temporal(ordered["timestamp"], unit="hour")
    numbered = ordered.append_column("hour", hour).append_column("row", pa.array(range(len(ordered)), pa.int64()))
    firsts = numbered.group_by(["hour", "event_id"]).aggregate([("row", "min")])
    kept = ordered.take(firsts["row_min"])
    others = numbered.join(firsts, keys=["hour", "event_id"]).filter(pc.field("row") != pc.field("row_min"))
    winners = ordered.take(others["row_min"])
    same = sum(
        all(other[name] == winner[name] for name in content)
        for other, winner in zip(others.to_pylist(), winners.to_pylist(), strict=True)
    )
    return kept, same, len(others) - same


def iso(moment: Any, timespec: str = "seconds") -> str:
    """A time in UTC as totals.json writes it: `2021-02-19T21:00:00Z`."""
    return str(moment.isoformat(timespec=timespec)).replace("+00:00", "Z")
