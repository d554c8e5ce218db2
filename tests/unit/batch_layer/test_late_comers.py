"""Late-comers of an hour whose identities are forgotten: which are repeats, by all events of their identity."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batch_layer.prove_panes import judged_by_arrival
from metering.store.pane_proof import Unjudged
from tests.lib.counting import START, TABLES, Row, event

ARRIVED = START + timedelta(hours=3)


def arrival(number: int, cost: int, company: str = "c1", event_id: str = "a") -> Row:
    """The event that Kafka took as the `number`th, at offset `number`."""
    return event(0, number, ARRIVED + timedelta(seconds=number), timestamp=START, event_id=event_id,
                 cost=Decimal(cost), company=company)


def late(row: Row) -> Unjudged:
    return Unjudged(row["partition"], row["offset"], row["event_id"], 4, ARRIVED, ARRIVED)


CASES = {
    "alone it counts": ([], [arrival(1, 5)], {1: False}, {}),
    "of two late ones the first counts": ([], [arrival(2, 5), arrival(1, 5)], {1: False, 2: True}, {}),
    "of two of other content too": ([], [arrival(2, 5), arrival(1, 7)], {1: False, 2: True}, {}),
    "after one that counts it is a repeat": ([arrival(1, 5)], [arrival(2, 5)], {2: True}, {}),
    "after one of other content too": ([arrival(1, 5)], [arrival(2, 7)], {2: True}, {}),
    "before one that adds the same it is a repeat: the sum is right": ([arrival(2, 5)], [arrival(1, 5)], {1: True}, {}),
    "before one of other cost it counts, and that is taken back": (
        [arrival(2, 5)], [arrival(1, 7)], {1: False}, {2: Decimal(5)}),
    "before one of another company too": (
        [arrival(2, 5)], [arrival(1, 5, company="c2")], {1: False}, {2: Decimal(5)}),
    "what is taken back is the first of the others": (
        [arrival(3, 5), arrival(2, 6)], [arrival(1, 7)], {1: False}, {2: Decimal(6)}),
    "identities do not touch each other": (
        [arrival(1, 5)], [arrival(2, 5), arrival(3, 5, event_id="b")], {2: True, 3: False}, {}),
}


@pytest.mark.parametrize(("known", "late_comers", "repeats", "taken_back"), CASES.values(), ids=CASES.keys())
def test_the_first_arrival_of_an_identity_counts(
    known: list[Row], late_comers: list[Row], repeats: dict[int, bool], taken_back: dict[int, Decimal]
) -> None:
    judged, taken = judged_by_arrival(TABLES, [*known, *late_comers], [late(row) for row in late_comers])

    assert {offset: repeat for _, offset, repeat in judged} == repeats
    assert {one.row["offset"]: one.row["cost"] for one in taken} == taken_back
    assert all(one.window_start == START and one.by.generation == 4 for one in taken)
