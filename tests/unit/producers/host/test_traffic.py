"""Growth of network counters, told with a fake source of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import IDENTIFIER, TimeRules
from metering.streams.devices import DEVICES
from producers.host.counters import RECEIVED, SENT, Growth, Meter, growth, machine_counters
from producers.host.identifiers import cleaned
from producers.host.traffic import Traffic, block


def _totals(sent: int, received: int, interface: str = "eth0") -> dict[str, dict[str, int]]:
    return {interface: {SENT: sent, RECEIVED: received}}


def test_a_sample_gives_what_came_since_the_last_one_in_each_direction() -> None:
    meter = Meter()
    list(meter.sample(_totals(1_000, 5_000), now_s=0))

    both = list(meter.sample(_totals(1_100, 5_050), now_s=5))
    assert both == [Growth("eth0", SENT, 100), Growth("eth0", RECEIVED, 50)]
    assert list(meter.sample(_totals(1_100, 5_060), now_s=10)) == [Growth("eth0", RECEIVED, 10)]


def test_the_first_sample_counts_nothing_of_what_was_before() -> None:
    assert list(Meter().sample(_totals(1_000, 5_000), now_s=0)) == [Growth("eth0", SENT, 0)]


def test_a_silent_interface_has_a_heartbeat_a_minute() -> None:
    meter = Meter()

    beats = [second for second in range(0, 200, 5) if list(meter.sample(_totals(7, 7), now_s=second))]

    assert beats == [0, 60, 120, 180]


def test_an_interface_that_comes_later_begins_where_it_stands() -> None:
    meter = Meter()
    list(meter.sample(_totals(1, 1), now_s=0))

    both = _totals(1, 1) | _totals(900, 900, "wlan0")

    assert list(meter.sample(both, now_s=5)) == [Growth("wlan0", SENT, 0)]


@pytest.mark.parametrize(("before", "after", "grown"), [
    (100, 100, 0), (100, 150, 50),
    (2**32 - 10, 20, 30),  # wrapped
    (5_000, 20, 20), (3 * 2**30, 20, 20), (2**40, 20, 20),  # begun again
])
def test_a_counter_that_shows_less_has_wrapped_or_begun_again(before: int, after: int, grown: int) -> None:
    assert growth(before, after) == grown


@given(st.integers(0, 2**64), st.integers(0, 2**64))
def test_a_growth_is_never_negative(before: int, after: int) -> None:
    assert growth(before, after) >= 0


def test_a_sample_becomes_events_that_the_product_accepts() -> None:
    sample = block("devices", "vera", [Growth("br/0 (lan)", SENT, 10), Growth("eth0", RECEIVED, 0)], 1_613_768_400_250)

    place, now_us = Position("devices", 0, 0), 1_613_768_401_000_000
    events = [judge(DEVICES, value, place, now_us, TimeRules()) for value in sample.values]

    assert [event.values for event in events if isinstance(event, Event)] == [
        {"id": "vera", "antenna_id": "br-0-lan-", "app": "sent", "bytes": 10},
        {"id": "vera", "antenna_id": "eth0", "app": "received", "bytes": 0}]
    assert len({json.loads(value or b"")["event_id"] for value in sample.values}) == 2
    assert sample.keys == [b"vera", b"vera"]


@given(st.text(max_size=100))
def test_any_name_becomes_an_identifier(name: str) -> None:
    assert IDENTIFIER.fullmatch(cleaned(name, "machine"))


def test_this_machines_counters_can_be_read() -> None:
    for counted in machine_counters().values():
        assert set(counted) == {SENT, RECEIVED}
        assert all(total >= 0 for total in counted.values())


def test_each_round_gives_the_growths_since_the_one_before() -> None:
    readings = iter([_totals(0, 0), _totals(10, 0), _totals(30, 0)])
    traffic = Traffic("devices", "vera", lambda: next(readings))

    sizes = [[json.loads(value or b"")["bytes"] for value in traffic(now_s).values] for now_s in (0, 5, 10)]

    assert sizes == [[0], [10], [20]]
