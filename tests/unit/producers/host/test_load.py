"""Readings and samples of a machine, told with a fake source of loads."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers.host.readings import Filled, Gauge, Load, Process, Reading, percent, this_machine
from producers.host.samples import Sampler, samples

LOG = Log("test")
SERVICES = {"web": ["nginx", "gunicorn"], "database": ["postgres"]}


def _load(busy_s: float, total_s: float, *processes: Process, disk: Filled | None = Filled(1, 3)) -> Load:  # noqa: B008
    return Load(busy_s, total_s, Filled(1, 8), disk, processes)


def _process(pid: int, name: str, cpu_s: float, ram_bytes: int = 1, began_s: float = 0.0) -> Process:
    return Process(pid, began_s, name, cpu_s, ram_bytes)


def test_the_first_load_only_sets_where_it_starts() -> None:
    assert Gauge({}, LOG).read(_load(100, 1_000)) == []


def test_the_whole_machine_is_read_with_what_it_did_since_the_last_load() -> None:
    gauge = Gauge({}, LOG)
    gauge.read(_load(100, 1_000))

    assert gauge.read(_load(103, 1_009)) == [Reading("host", 33.333, 12.5, 33.333)]


def test_a_disk_that_cannot_be_read_is_unknown() -> None:
    gauge = Gauge({}, LOG)
    gauge.read(_load(0, 0))

    assert gauge.read(_load(0, 10, disk=None))[0].disk is None


def test_a_service_is_the_sum_of_its_processes_and_its_disk_is_unknown() -> None:
    gauge = Gauge(SERVICES, LOG)
    gauge.read(_load(0, 100, _process(1, "nginx", 10), _process(2, "gunicorn", 20), _process(3, "postgres", 5)))

    found = gauge.read(_load(
        0, 110, _process(1, "nginx", 11), _process(2, "gunicorn", 22), _process(3, "postgres", 5),
        _process(4, "sh", 9)))

    assert found == [Reading("web", 30.0, 25.0, None), Reading("database", 0.0, 12.5, None)]


def test_a_process_that_began_counts_from_its_beginning_also_under_the_number_of_one_that_ended() -> None:
    gauge = Gauge({"web": ["nginx"]}, LOG)
    gauge.read(_load(0, 100, _process(1, "nginx", 50)))

    [web] = gauge.read(_load(0, 110, _process(1, "nginx", 2, began_s=7.0)))

    assert web.cpu == 20.0


def test_a_service_without_processes_is_at_zero_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    gauge = Gauge({"web": ["nginx"]}, LOG)

    with caplog.at_level(logging.WARNING):
        for total_s in (0, 10, 20):
            found = gauge.read(_load(0, total_s))

    assert found == [Reading("web", 0.0, 0.0, None)]
    assert [record.getMessage() for record in caplog.records] == ["no process runs under these names"]


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_percent_is_between_0_and_100_with_three_decimals(part: float, whole: float) -> None:
    found = percent(part, whole)

    assert 0 <= found <= 100
    assert -Decimal(str(found)).as_tuple().exponent <= 3  # type: ignore[operator]


def _sampler(loads: Sequence[Load], services: dict[str, list[str]] | None = None) -> Sampler:
    source: Iterator[Load] = iter(loads)
    return Sampler(
        "resource_usage", "vera", lambda *, processes: next(source), Gauge(services or {}, LOG), covered_s=100.0)


def test_samples_stand_for_the_seconds_since_the_last_ones_and_in_sum_for_all_of_them() -> None:
    sampler = _sampler([_load(0, number) for number in range(9)])

    blocks = [sampler(now_s) for now_s in (104.6, 109.4, 109.6, 115.0)]

    seconds = [[json.loads(value or b"")["interval_s"] for value in block.values] for block in blocks]
    assert seconds == [[5], [4], [1], [5]]


def test_no_sample_stands_for_less_than_a_second_or_more_than_an_hour() -> None:
    sampler = _sampler([_load(0, number) for number in range(9)])

    assert len(sampler(100.4)) == 0
    slept, after = sampler(20_000.0), sampler(20_005.0)

    assert [json.loads(block.values[0] or b"")["interval_s"] for block in (slept, after)] == [3600, 5]


def test_a_sample_is_one_that_the_product_accepts() -> None:
    found = samples("vera", [Reading("web", 1.5, 100.0, None), Reading("host", 0.0, 0.125, 3.0)], 5, 1_613_768_400_250)

    place, now_us = Position("resource_usage", 0, 0), 1_613_768_401_000_000
    events = [
        judge(RESOURCE_USAGE, json.dumps(sample).encode(), place, now_us, TimeRules()) for sample in found]
    assert [dict(event.values) for event in events if isinstance(event, Event)] == [
        {"machine_id": "vera", "service": "web", "cpu": Decimal("1.5"), "ram": Decimal(100), "disk": None,
         "interval_s": 5},
        {"machine_id": "vera", "service": "host", "cpu": Decimal(0), "ram": Decimal("0.125"), "disk": Decimal(3),
         "interval_s": 5}]
    assert len({sample["event_id"] for sample in found}) == 2


def test_messages_are_keyed_by_the_machine() -> None:
    sampler = _sampler([_load(0, 0), _load(1, 10)], SERVICES)

    block = sampler(105.0)

    assert block.keys == [b"vera", b"vera"]
    assert block.topic == "resource_usage"


def test_this_machine_can_be_read() -> None:
    before, after = this_machine(processes=False), this_machine(processes=True)

    assert before.processes == ()
    assert 0 <= before.busy_s <= after.busy_s <= after.total_s
    assert 0 < after.ram.percent < 100
    assert any(process.name.startswith(("python", "pytest")) for process in after.processes)
