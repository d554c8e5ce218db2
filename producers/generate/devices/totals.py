"""Exact totals of acknowledged antenna events."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from producers.generate.distinct import count, iso

_TYPES = {"user_total_bytes": "id", "app_total_bytes": "app", "antenna_total_bytes": "antenna_id"}
_CONTENT = ("timestamp", "id", "antenna_id", "app", "bytes")
_SECONDS = {"hours": 3600, "windows": 300}


def totals(acknowledged: pa.Table) -> dict[str, Any]:
    """Totals of rows in the form of acknowledged.parquet.

    `hours` and `windows` (5 minutes) hold, by their start in UTC, the count of distinct events and the bytes by
    type and id; the rest is that of `count`.
    """
    first, counts = count(acknowledged, _CONTENT)
    return {
        **counts,
        "bytes": pc.sum(first["bytes"]).as_py() or 0,
        **{name: _by_window(first, seconds) for name, seconds in _SECONDS.items()},
    }


def _by_window(first: pa.Table, seconds: int) -> dict[str, dict[str, Any]]:
    """By the window's start: events and, for each type, the bytes of each id."""
    start = pc.floor_temporal(first["timestamp"], multiple=seconds, unit="second")
    timed = first.append_column("start", start)
    windows: dict[str, dict[str, Any]] = {}
    for row in timed.group_by("start").aggregate([("bytes", "count")]).sort_by("start").to_pylist():
        windows[iso(row["start"])] = {"events": row["bytes_count"], **{kind: {} for kind in _TYPES}}
    for kind, column in _TYPES.items():
        sums = timed.group_by(["start", column]).aggregate([("bytes", "sum")]).sort_by(column)
        for row in sums.to_pylist():
            windows[iso(row["start"])][kind][row[column]] = row["bytes_sum"]
    return windows
