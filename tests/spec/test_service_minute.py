"""The rollups of machine samples: one table of examples, every engine."""
# ruff: noqa: E501  a table is as wide as its columns

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from metering.domain.rollup import MeasureKind, Rollup
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Engine, Message
from tests.spec.tables import epoch, micros, rows_of

STREAM = STREAMS["resource_usage"]
SERVICE = STREAM.rollup("service_minute")
MACHINE = STREAM.rollup("machine_minute")


@dataclass(frozen=True)
class Spec:
    """`samples` in order of arrival; the answers by window and hour name the measures they are about."""

    name: str
    samples: str
    minutes: str
    hours: str
    repeats: int = 0
    conflicts: int = 0
    rollup: Rollup = SERVICE


SPECS = [
    Spec(
        "sums, peaks and peak times of each service and minute",
        """
        time     | machine | service | cpu    | ram    | disk | event_id
        21:00:00 | m1      | web     | 10.125 | 40     | 70.5 | e1
        21:00:30 | m2      | web     | 90     | 40.001 | 70.5 | e2
        21:00:59 | m1      | web     | 0      | 39.999 | 70   | e3
        21:00:10 | m1      | cache   | 5      | 6      | 7    | e4
        21:01:00 | m1      | web     | 1      | 2      | 3    | e5
        """,
        """
        window   | service | cpu     | max_cpu | max_cpu_time | ram     | max_ram | max_ram_time | disk    | max_disk_time | msg_num
        21:00:00 | web     | 100.125 | 90.000  | 21:00:30     | 120.000 | 40.001  | 21:00:30     | 211.000 | 21:00:00      | 3
        21:00:00 | cache   | 5.000   | 5.000   | 21:00:10     | 6.000   | 6.000   | 21:00:10     | 7.000   | 21:00:10      | 1
        21:01:00 | web     | 1.000   | 1.000   | 21:01:00     | 2.000   | 2.000   | 21:01:00     | 3.000   | 21:01:00      | 1
        """,
        """
        window   | service | cpu     | max_cpu | max_cpu_time | ram     | disk    | max_disk_time | msg_num
        21:00:00 | web     | 101.125 | 90.000  | 21:00:30     | 122.000 | 214.000 | 21:00:00      | 4
        21:00:00 | cache   | 5.000   | 5.000   | 21:00:10     | 6.000   | 7.000   | 21:00:10      | 1
        """,
    ),
    Spec(
        "of equal peaks the earliest counts, whichever arrives first and whatever minute it is in",
        """
        time            | machine | service | cpu | ram | disk | event_id
        21:01:30        | m1      | web     | 50  | 50  | 50   | e1
        21:00:20.5      | m1      | web     | 50  | 50  | 49   | e2
        21:00:20.499999 | m2      | web     | 50  | 49  | 50   | e3
        21:00:40        | m2      | web     | 50  | 50  | 50   | e4
        """,
        """
        window   | service | max_cpu | max_cpu_time    | max_ram_time | max_disk_time   | msg_num
        21:00:00 | web     | 50.000  | 21:00:20.499999 | 21:00:20.5   | 21:00:20.499999 | 3
        21:01:00 | web     | 50.000  | 21:01:30        | 21:01:30     | 21:01:30        | 1
        """,
        """
        window   | service | max_cpu | max_cpu_time    | max_ram_time | max_disk_time   | msg_num
        21:00:00 | web     | 50.000  | 21:00:20.499999 | 21:00:20.5   | 21:00:20.499999 | 4
        """,
    ),
    Spec(
        "an unknown reading counts as a sample and for nothing else; zero is a reading",
        """
        time     | machine | service | cpu  | ram  | disk | event_id
        21:00:00 | m1      | web     | null | 0    | null | e1
        21:00:01 | m1      | web     | 7    | null | -    | e2
        21:00:02 | m1      | cache   | null | null | null | e3
        """,
        """
        window   | service | cpu   | max_cpu | max_cpu_time | ram   | max_ram | max_ram_time | disk  | max_disk | max_disk_time | msg_num | cpu_known | ram_known | disk_known
        21:00:00 | web     | 7.000 | 7.000   | 21:00:01     | 0.000 | 0.000   | 21:00:00     | 0.000 | null     | null          | 2       | 1         | 1         | 0
        21:00:00 | cache   | 0.000 | null    | null         | 0.000 | null    | null         | 0.000 | null     | null          | 1       | 0         | 0         | 0
        """,
        """
        window   | service | cpu   | max_cpu | max_cpu_time | disk  | max_disk | max_disk_time | msg_num | cpu_known | disk_known
        21:00:00 | web     | 7.000 | 7.000   | 21:00:01     | 0.000 | null     | null          | 2       | 1         | 0
        21:00:00 | cache   | 0.000 | null    | null         | 0.000 | null     | null          | 1       | 0         | 0
        """,
    ),
    Spec(
        "a minute and an hour are half-open: their first instant is in, their end is in the next",
        """
        time            | machine | service | cpu | ram | disk | event_id
        21:59:59.999999 | m1      | web     | 1   | 1   | 1    | e1
        22:00:00        | m1      | web     | 2   | 2   | 2    | e1
        21:59:00        | m1      | web     | 4   | 4   | 4    | e2
        21:58:59.999999 | m1      | web     | 8   | 8   | 8    | e3
        """,
        """
        window   | service | cpu   | max_cpu_time    | msg_num
        21:58:00 | web     | 8.000 | 21:58:59.999999 | 1
        21:59:00 | web     | 5.000 | 21:59:00        | 2
        22:00:00 | web     | 2.000 | 22:00:00        | 1
        """,
        """
        window   | service | cpu    | max_cpu_time    | msg_num
        21:00:00 | web     | 13.000 | 21:58:59.999999 | 3
        22:00:00 | web     | 2.000  | 22:00:00        | 1
        """,
    ),
    Spec(
        "a repeat counts once, the same identity with another reading is a conflict, without one each is its own",
        """
        time     | machine | service | cpu | ram | disk | event_id
        21:00:00 | m1      | web     | 10  | 1   | null | e1
        21:00:00 | m1      | web     | 10  | 1   | null | e1
        21:00:00 | m1      | web     | 99  | 1   | null | e1
        21:00:00 | m1      | web     | 10  | 1   | 5    | e1
        21:00:05 | m1      | web     | 3   | 1   | 1    | -
        21:00:05 | m1      | web     | 3   | 1   | 1    | -
        """,
        """
        window   | service | cpu    | max_cpu | max_cpu_time | msg_num | disk_known
        21:00:00 | web     | 16.000 | 10.000  | 21:00:00     | 3       | 2
        """,
        """
        window   | service | cpu    | max_cpu | max_cpu_time | msg_num | disk_known
        21:00:00 | web     | 16.000 | 10.000  | 21:00:00     | 3       | 2
        """,
        repeats=3,
        conflicts=2,
    ),
    Spec(
        "use of a machine: sums, percent-seconds by the seconds a sample stands for, sampled seconds, samples",
        """
        time     | machine | service | cpu    | ram  | disk | interval | event_id
        21:00:00 | m1      | web     | 10.125 | 40   | -    | 3600     | e1
        21:00:01 | m1      | cache   | 1.001  | 2    | -    | 60       | e2
        21:00:02 | m1      | cache   | null   | 2    | -    | 60       | e3
        21:00:03 | m2      | web     | 100    | null | -    | -        | e4
        """,
        """
        window   | machine_id | cpu     | ram    | cpu_percent_s | ram_percent_s | sampled_s | samples
        21:00:00 | m1         | 11.126  | 44.000 | 36510.060     | 144240.000    | 3660      | 3
        21:00:00 | m2         | 100.000 | 0.000  | 100.000       | 0.000         | 1         | 1
        """,
        """
        window   | machine_id | cpu     | ram    | cpu_percent_s | ram_percent_s | sampled_s | samples
        21:00:00 | m1         | 11.126  | 44.000 | 36510.060     | 144240.000    | 3660      | 3
        21:00:00 | m2         | 100.000 | 0.000  | 100.000       | 0.000         | 1         | 1
        """,
        rollup=MACHINE,
    ),
]  # fmt: skip

_FIELDS = {"machine": "machine_id", "interval": "interval_s"}


def sample(row: Mapping[str, str]) -> bytes:
    """A table's row as a sample in JSON; numbers are spelt as in the table."""
    texts = {"machine": json.dumps, "service": json.dumps, "event_id": json.dumps, "time": lambda at: repr(epoch(at))}
    names = _FIELDS | {"time": "timestamp"}
    pairs = [f'"{names.get(name, name)}": {texts.get(name, str)(cell)}' for name, cell in row.items()]
    return ("{" + ", ".join(pairs) + "}").encode()


def messages_of(table: str) -> list[Message]:
    return [
        Message(sample(row), micros("23:00:00") + number * 1_000_000, offset=number)
        for number, row in enumerate(rows_of(table))]


def told(spec: Spec, table: str) -> dict[tuple[object, ...], dict[str, Any]]:
    """The answers as the table has them: key → the measures it names."""
    kinds = {measure.column: measure.kind for measure in spec.rollup.measures}
    [dimension] = spec.rollup.dimensions
    answers: dict[tuple[object, ...], dict[str, Any]] = {}
    for row in rows_of(table):
        answers[(micros(row["window"]), row[dimension])] = {
            name: _value(kinds[name], cell) for name, cell in row.items() if name in kinds}
    return answers


def _value(kind: MeasureKind, cell: str) -> object:
    if cell == "null":
        return None
    return micros(cell) if kind is MeasureKind.MAX_TIME else Decimal(cell)


def named(spec: Spec, view: Mapping[tuple[object, ...], tuple[Any, ...]], like: Mapping[Any, dict[str, Any]]) -> Any:
    """A view's measures by name, those that the answers name."""
    wanted = next(iter(like.values()))
    columns = [measure.column for measure in spec.rollup.measures]
    return {
        key: {name: value for name, value in zip(columns, values, strict=True) if name in wanted}
        for key, values in view.items()}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_engine_counts_samples(spec: Spec, engine: Engine) -> None:
    answer = engine.count(STREAM, spec.rollup, messages_of(spec.samples), TimeRules())

    minutes, hours = told(spec, spec.minutes), told(spec, spec.hours)
    assert named(spec, answer.windows, minutes) == minutes
    assert named(spec, answer.hours, hours) == hours
    assert (answer.repeats, answer.conflicts, answer.rejected) == (spec.repeats, spec.conflicts, {})


def test_sums_and_peaks_keep_three_decimals(engine: Engine) -> None:
    messages = messages_of(SPECS[0].samples)

    answer = engine.count(STREAM, SERVICE, messages, TimeRules())

    decimals = {
        value.as_tuple().exponent
        for values in answer.windows.values()
        for measure, value in zip(SERVICE.measures, values, strict=True)
        if measure.decimals and isinstance(value, Decimal)}
    assert decimals == {-3}
