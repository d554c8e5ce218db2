"""Every kind of bad input meets the reason it was made for."""

from __future__ import annotations

import pytest

from metering.domain.event import Event, Position, Reason
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams.devices import DEVICES
from producers.generate.faults import ALL, BadKind, kinds

FIELDS = {
    "event_id": "bad-1", "timestamp": 1_613_768_400.123, "id": "00000000-0000-0000-0000-000000000005",
    "antenna_id": "11111111-1111-1111-1111-111111111111", "app": "SKYPE", "bytes": 12,
}
NOW_US = 1_613_768_500_000_000


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.reason}: {kind.name}")
def test_a_bad_message_is_rejected_for_its_reason(kind: BadKind) -> None:
    verdict = judge(DEVICES, kind.make(FIELDS), Position("devices", 0, 0), NOW_US, TimeRules())

    assert not isinstance(verdict, Event)
    assert verdict.reason is Reason[kind.reason]


@pytest.mark.parametrize("kind", kinds(age_limited=False), ids=lambda kind: f"{kind.reason}: {kind.name}")
def test_it_is_rejected_as_well_by_a_product_without_an_age_limit(kind: BadKind) -> None:
    verdict = judge(DEVICES, kind.make(FIELDS), Position("devices", 0, 0), NOW_US, TimeRules(max_age_s=None))

    assert not isinstance(verdict, Event)
    assert verdict.reason is Reason[kind.reason]


def test_every_reason_but_the_one_that_takes_two_messages_has_a_kind() -> None:
    assert {kind.reason for kind in ALL} == {reason.name for reason in Reason} - {"CONFLICT"}


def test_no_two_kinds_have_one_name() -> None:
    assert len({(kind.reason, kind.name) for kind in ALL}) == len(ALL)
