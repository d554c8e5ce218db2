"""The lines a map-reduce reads, and values on their way between its steps."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_layer.mapreduce.lines import (
    INBOX,
    event_of,
    measures_from_json,
    measures_to_json,
    numbered,
    read_line,
    row_of,
)
from metering.domain.event import Event, Position, Reason, Rejection
from metering.streams import STREAMS

SAMPLES = STREAMS["resource_usage"]
SAMPLE = {"machine_id": "m1", "timestamp": 1763971200.25, "cpu": 12.5, "ram": None, "event_id": "e1"}

readings = st.none() | st.decimals(0, 100, places=3)
samples = st.builds(
    Event, time_us=st.integers(1, 2**53), event_id=st.none() | st.just("e1"), ingest_us=st.integers(1, 2**53),
    position=st.builds(Position, st.just("resource_usage"), st.integers(0, 99), st.integers(0, 2**62)),
    values=st.fixed_dictionaries({
        "machine_id": st.just("m1"), "service": st.sampled_from(["web", "a:b"]), "cpu": readings, "ram": readings,
        "disk": readings, "interval_s": st.integers(1, 3600)}))


def line(**changes: object) -> bytes:
    return json.dumps(SAMPLE | changes).encode()


@given(samples)
def test_an_event_survives_the_way_between_the_steps(event: Event) -> None:
    row = json.loads(json.dumps(row_of(SAMPLES, event)))

    assert event_of(SAMPLES, row) == event


@given(st.lists(st.none() | st.integers(0, 2**70) | st.decimals(0, 10**30, places=3)))
def test_measures_survive_the_way_between_the_steps(values: list[int | Decimal | None]) -> None:
    assert measures_from_json(json.loads(json.dumps(measures_to_json(values)))) == tuple(values)


@given(st.binary() | st.builds(b"9999999999999999999999\t%b".__mod__, st.binary()))
def test_any_bytes_give_an_event_or_a_rejection(raw: bytes) -> None:
    found, _ = read_line(SAMPLES, INBOX, raw)

    assert isinstance(found, Event | Rejection)


def test_a_numbered_line_is_the_sample_at_its_place() -> None:
    found, position = read_line(SAMPLES, INBOX, numbered(3, 17, line()).rstrip(b"\n"))

    assert isinstance(found, Event)
    assert (position.partition, position.offset) == (3, 17)
    assert (found.time_us, found.values["service"], found.values["ram"]) == (1763971200250000, "default", None)


def test_no_line_holds_what_spark_takes_for_its_end() -> None:
    assert numbered(0, 1, line().replace(b", ", b",\r") + b"\r\n").count(b"\r") == 0


def test_the_same_line_without_a_place_is_the_same_sample() -> None:
    twice = [read_line(SAMPLES, INBOX, line(event_id=None))[0] for _ in range(2)]
    other, _ = read_line(SAMPLES, INBOX, line(event_id=None, cpu=13))

    assert isinstance(other, Event) and all(isinstance(found, Event) for found in twice)
    assert len({found.identity for found in twice if isinstance(found, Event)}) == 1
    assert other.identity != twice[0].identity  # type: ignore[union-attr]


@pytest.mark.parametrize(("raw", "reason", "field"), [
    (line(cpu=101), Reason.RANGE, "cpu"),
    (line(timestamp=None), Reason.REQUIRED, "timestamp"),
    (line()[:20], Reason.PARSE, ""),
    (line(machine_id="../x"), Reason.ID, "machine_id"),
], ids=["a percent above 100", "no time, which the gateway stamps", "a torn line", "no identifier"])
def test_a_bad_line_has_its_reason(raw: bytes, reason: Reason, field: str) -> None:
    found, _ = read_line(SAMPLES, INBOX, raw)

    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (reason, field)
