"""Exact totals of acknowledged samples, by service and minute and by machine and hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from producers.generate.distinct import count, iso

_READINGS = ("cpu", "ram", "disk")
_CONTENT = ("timestamp", "machine_id", "service", *_READINGS, "interval_s")
_WHOLE = pa.decimal128(19, 0)

Groups = dict[str, dict[str, dict[str, Any]]]


def totals(acknowledged: pa.Table) -> dict[str, Any]:
    """Totals of rows in the form of acknowledged.parquet.

    `service_minutes` holds, by the minute's start in UTC and service, sums, maxima and the earliest time of each,
    and the count of distinct samples; `machine_hours`, by hour and machine, percents times seconds, the seconds of
    samples whose cpu is known, and the count. Decimals are texts; a maximum of nothing is null, a sum of it 0.
    """
    first, counts = count(acknowledged, _CONTENT)
    return {**counts, "service_minutes": _service_minutes(first), "machine_hours": _machine_hours(first)}


def _service_minutes(first: pa.Table) -> Groups:
    timed = first.append_column("start", pc.floor_temporal(first["timestamp"], unit="minute"))
    aggregates = [("timestamp", "count"), *((name, how) for name in _READINGS for how in ("sum", "max"))]
    found: Groups = {}
    for row in _grouped(timed, ["start", "service"], aggregates):
        found.setdefault(iso(row["start"]), {})[row["service"]] = {
            **{name: str(row[f"{name}_sum"] or "0.000") for name in _READINGS},
            **{f"max_{name}": _text(row[f"{name}_max"]) for name in _READINGS},
            **{f"max_{name}_time": None for name in _READINGS},
            "msg_num": row["timestamp_count"],
        }
    for name in _READINGS:
        for row in _peaks(timed, name):
            found[iso(row["start"])][row["service"]][f"max_{name}_time"] = iso(row["timestamp_first"], "milliseconds")
    return found


def _peaks(timed: pa.Table, name: str) -> list[dict[str, Any]]:
    """The earliest time of each group's greatest reading: the first row once the greatest come first."""
    known = timed.filter(pc.is_valid(timed[name]))
    ordered = known.sort_by([(name, "descending"), ("timestamp", "ascending")])
    groups = ordered.group_by(["start", "service"], use_threads=False).aggregate([("timestamp", "first")])
    peaks: list[dict[str, Any]] = groups.to_pylist()
    return peaks


def _machine_hours(first: pa.Table) -> Groups:
    seconds = first["interval_s"].cast(_WHOLE)
    timed = (
        first.append_column("start", pc.floor_temporal(first["timestamp"], unit="hour"))
        .append_column("cpu_percent_s", pc.multiply(first["cpu"], seconds))
        .append_column("ram_percent_s", pc.multiply(first["ram"], seconds))
        .append_column("sampled_s", pc.if_else(pc.is_valid(first["cpu"]), first["interval_s"], 0))
    )
    sums = [(name, "sum") for name in ("cpu_percent_s", "ram_percent_s", "sampled_s")]
    found: Groups = {}
    for row in _grouped(timed, ["start", "machine_id"], [("timestamp", "count"), *sums]):
        found.setdefault(iso(row["start"]), {})[row["machine_id"]] = {
            "cpu_percent_s": str(row["cpu_percent_s_sum"] or "0.000"),
            "ram_percent_s": str(row["ram_percent_s_sum"] or "0.000"),
            "sampled_s": row["sampled_s_sum"],
            "samples": row["timestamp_count"],
        }
    return found


def _grouped(table: pa.Table, keys: list[str], aggregates: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    groups = table.group_by(keys).aggregate(list(aggregates)).sort_by([(key, "ascending") for key in keys])
    rows: list[dict[str, Any]] = groups.to_pylist()
    return rows


def _text(known: object) -> str | None:
    return None if known is None else str(known)
