"""Exact totals of acknowledged messages, each identity counted once.

Written apart from the kernel on purpose: it is what the product's own figures are compared with.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_TYPES = {"user_total_bytes": "id", "app_total_bytes": "app", "antenna_total_bytes": "antenna_id"}
_CONTENT = ("timestamp", "id", "antenna_id", "app", "bytes")
_SECONDS = {"hours": 3600, "windows": 300}


def totals(acknowledged: pa.Table) -> dict[str, Any]:
    """Totals of rows in the form of acknowledged.parquet.

    `hours` and `windows` (5 minutes) hold, by their start in UTC, the count of distinct events and the bytes by
    type and id. Of an identity, (event hour, event_id), the first by ingest time, partition and offset counts;
    the others are duplicates, or conflicts where their content differs.
    """
    is_bad = pc.equal(acknowledged["kind"], "bad")
    bad, events = acknowledged.filter(is_bad), acknowledged.filter(pc.invert(is_bad))
    first, repeats, conflicts = _distinct(events)
    return {
        "messages": len(acknowledged),
        "distinct": len(first),
        "duplicates": repeats,
        "conflicts": conflicts,
        "late": pc.sum(pc.equal(events["kind"], "late")).as_py() or 0,
        "bad": {row["values"]: row["counts"] for row in pc.value_counts(bad["reason"]).to_pylist()},
        "bytes": pc.sum(first["bytes"]).as_py() or 0,
        **{name: _by_window(first, seconds) for name, seconds in _SECONDS.items()},
    }


def _distinct(events: pa.Table) -> tuple[pa.Table, int, int]:
    """The first of each identity, and how many others repeat or contradict it."""
    ordered = events.sort_by([("ingest_time", "ascending"), ("partition", "ascending"), ("offset", "ascending")])
    hour = pc.floor_temporal(ordered["timestamp"], unit="hour")
    numbered = ordered.append_column("hour", hour).append_column("row", pa.array(range(len(ordered)), pa.int64()))
    firsts = numbered.group_by(["hour", "event_id"]).aggregate([("row", "min")])
    kept = ordered.take(firsts["row_min"])
    others = numbered.join(firsts, keys=["hour", "event_id"]).filter(pc.field("row") != pc.field("row_min"))
    winners = ordered.take(others["row_min"])
    same = sum(
        all(other[name] == winner[name] for name in _CONTENT)
        for other, winner in zip(others.to_pylist(), winners.to_pylist(), strict=True)
    )
    return kept, same, len(others) - same


def _by_window(first: pa.Table, seconds: int) -> dict[str, dict[str, Any]]:
    """By the window's start: events and, for each type, the bytes of each id."""
    start = pc.floor_temporal(first["timestamp"], multiple=seconds, unit="second")
    timed = first.append_column("start", start)
    windows: dict[str, dict[str, Any]] = {}
    for row in timed.group_by("start").aggregate([("bytes", "count")]).sort_by("start").to_pylist():
        windows[_name(row["start"])] = {"events": row["bytes_count"], **{kind: {} for kind in _TYPES}}
    for kind, column in _TYPES.items():
        sums = timed.group_by(["start", column]).aggregate([("bytes", "sum")]).sort_by(column)
        for row in sums.to_pylist():
            windows[_name(row["start"])][kind][row[column]] = row["bytes_sum"]
    return windows


def _name(start: Any) -> str:
    return str(start.strftime("%Y-%m-%dT%H:%M:%SZ"))
