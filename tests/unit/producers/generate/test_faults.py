"""Every kind of bad input meets the reason it was made for, in each stream."""

from __future__ import annotations

from typing import Any

import pytest

from metering.domain.event import Event, Position, Reason
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from producers.generate.bad import BadKind, fitting
from producers.generate.streams import GENERATORS

FIELDS: dict[str, dict[str, object]] = {
    "devices": {
        "event_id": "bad-1", "timestamp": 1_613_768_400.123, "id": "00000000-0000-0000-0000-000000000005",
        "antenna_id": "11111111-1111-1111-1111-111111111111", "app": "SKYPE", "bytes": 12,
    },
    "resource_usage": {
        "event_id": "bad-1", "timestamp": 1_613_768_400.123, "machine_id": "machine-1", "service": "web",
        "cpu": 12.5, "ram": 99.999, "disk": 3, "interval_s": 5,
    },
    "billing": {
        "event_id": "bad-1", "timestamp": 1_613_768_400.123, "company": "company-1", "currency": "EUR",
        "cost": "12.500001",
    },
}
NOW_US = 1_613_768_500_000_000


def _kinds(*, age_limited: bool) -> list[Any]:
    return [
        pytest.param(stream, kind, id=f"{stream} {kind.reason}: {kind.name}")
        for stream, generator in GENERATORS.items()
        for kind in fitting(generator.bad, age_limited=age_limited)]


@pytest.mark.parametrize(("stream", "kind"), _kinds(age_limited=True))
def test_a_bad_message_is_rejected_for_its_reason(stream: str, kind: BadKind) -> None:
    verdict = judge(STREAMS[stream], kind.make(FIELDS[stream]), Position(stream, 0, 0), NOW_US, TimeRules())

    assert not isinstance(verdict, Event)
    assert verdict.reason is Reason[kind.reason]


@pytest.mark.parametrize(("stream", "kind"), _kinds(age_limited=False))
def test_it_is_rejected_as_well_by_a_product_without_an_age_limit(stream: str, kind: BadKind) -> None:
    rules = TimeRules(max_age_s=None)

    verdict = judge(STREAMS[stream], kind.make(FIELDS[stream]), Position(stream, 0, 0), NOW_US, rules)

    assert not isinstance(verdict, Event)
    assert verdict.reason is Reason[kind.reason]


@pytest.mark.parametrize("stream", list(GENERATORS))
def test_every_reason_but_the_one_that_takes_two_messages_has_a_kind(stream: str) -> None:
    assert {kind.reason for kind in GENERATORS[stream].bad} == {reason.name for reason in Reason} - {"CONFLICT"}


@pytest.mark.parametrize("stream", list(GENERATORS))
def test_no_two_kinds_have_one_name(stream: str) -> None:
    bad = GENERATORS[stream].bad

    assert len({(kind.reason, kind.name) for kind in bad}) == len(bad)
