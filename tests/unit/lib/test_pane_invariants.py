"""What the checker says of panes that do not add up, or that fired when they may not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.lib.checker import judge
from tests.lib.evidence import Evidence
from tests.lib.pane_evidence import Pane, PaneEvidence, TooLate
from tests.lib.sample_evidence import CLOSED, HOUR, LATE, OPEN, undisturbed

COST = Decimal("10.5")
Plant = Callable[[PaneEvidence], None]


def evidence_of(plant: Plant) -> Evidence:
    evidence = undisturbed("billing")
    assert evidence.panes is not None
    plant(evidence.panes)
    return evidence


def broken(evidence: Evidence) -> dict[str, list[str]]:
    return {finding.name: finding.differences for finding in judge(evidence).findings if not finding.holds}


def change(key: tuple[str, str, int], place: int, **changes: object) -> Plant:
    """A pane with other values."""

    def plant(told: PaneEvidence) -> None:
        told.panes[key][place] = told.panes[key][place]._replace(**changes)

    return plant


def change_pending(**changes: object) -> Plant:
    def plant(told: PaneEvidence) -> None:
        told.pending[OPEN] = told.pending[OPEN]._replace(**changes)

    return plant


def change_late(**changes: object) -> Plant:
    def plant(told: PaneEvidence) -> None:
        told.too_late[0] = told.too_late[0]._replace(**changes)

    return plant


def change_holder(**changes: object) -> Plant:
    def plant(told: PaneEvidence) -> None:
        told.holders[HOUR, "e1"] = told.holders[HOUR, "e1"]._replace(**changes)

    return plant


def fire_twice_on_time(told: PaneEvidence) -> None:
    told.panes[OPEN].append(Pane(2, told.panes[OPEN][0].end_us, "on_time", False, Decimal(0), 0, COST, 1))
    change_pending(panes=3)(told)


def late_after_early(told: PaneEvidence) -> None:
    change(OPEN, 1, timing="late")(told)
    told.watermark_us = 0


def early_at_last(told: PaneEvidence) -> None:
    told.panes[OPEN].append(Pane(2, told.panes[OPEN][0].end_us, "early", False, Decimal(0), 0, COST, 1))
    change_pending(panes=3)(told)


def lose_the_window(told: PaneEvidence) -> None:
    del told.panes[CLOSED]


def close_too_early(told: PaneEvidence) -> None:
    change(OPEN, 1, is_last=True, value=COST, events=1, total_value=2 * COST, total_events=2)(told)
    del told.pending[OPEN]


def stay_open(told: PaneEvidence) -> None:
    told.closed_to_us = told.watermark_us = HOUR + 3600 * 1_000_000
    told.holders.clear()


def miss_the_watermark(told: PaneEvidence) -> None:
    del told.panes[OPEN][1]
    change_pending(panes=1, on_time=False)(told)


def run_ahead(told: PaneEvidence) -> None:
    told.watermark_us = HOUR + 33 * 1_000_000


def lose_the_late_one(told: PaneEvidence) -> None:
    told.too_late.clear()


def count_the_late_one_twice(told: PaneEvidence) -> None:
    told.too_late.append(told.too_late[0]._replace(offset=7, key=CLOSED, event_us=CLOSED[2], event_id="e7"))


def take_back_what_was_not_counted(told: PaneEvidence) -> None:
    told.too_late.append(told.too_late[0]._replace(taken_back=True, value=-COST))


def forget_an_identity(told: PaneEvidence) -> None:
    told.holders.clear()


def feed_another(told: PaneEvidence) -> None:
    told.fed[OPEN] = (2 * COST, 3)


FAULTS: list[tuple[str, Plant, str]] = [
    ("a pane holds more", change(CLOSED, 0, value=COST + 1, total_value=COST + 1), "windows fed"),
    ("a pane counts another event", change(CLOSED, 0, events=2, total_events=2), "windows counted"),
    ("what is pending is more", change_pending(value=COST + 1, total_value=2 * COST + 1), "windows counted"),
    ("they were fed otherwise", feed_another, "windows fed"),
    ("a window is gone", lose_the_window, "windows counted"),
    ("a hole in the numbers", change(OPEN, 1, number=2), "pane numbers [0, 2]"),
    ("two on time", fire_twice_on_time, "timings ['early', 'on_time', 'on_time']"),
    ("none on time", late_after_early, "late panes after early ones"),
    ("early at last", early_at_last, "timings ['early', 'on_time', 'early']"),
    ("a total that is not the sum", change(OPEN, 1, total_value=COST + 1), "pane 1 totals"),
    ("a count that is not the sum", change(OPEN, 1, total_events=2), "pane 1 totals"),
    ("a pending total that is none", change_pending(total_value=COST), "pending totals"),
    ("pending knows fewer panes", change_pending(panes=1), "pending says 1 panes of 2"),
    ("a last pane of an open window", change(OPEN, 1, is_last=True), "last panes [False, True], open"),
    ("no last pane of a closed one", change(CLOSED, 0, is_last=False), "last panes [False], closed"),
    ("another end", change(CLOSED, 0, end_us=CLOSED[2]), "another end"),
    ("closed too early", close_too_early, "closed, windows are closed to"),
    ("open for too long", stay_open, "open, windows are closed to"),
    ("not fired at the watermark", miss_the_watermark, "fired ['early'] at watermark"),
    ("fired before the watermark", run_ahead, "fired ['early', 'on_time'] at watermark"),
    ("a late-comer is gone", lose_the_late_one, "windows counted"),
    ("a late-comer is in a pane too", count_the_late_one_twice, "windows counted"),
    ("a repeat that is none", change_late(repeat=True), "windows counted"),
    ("taken back for nothing", take_back_what_was_not_counted, "windows counted"),
    ("a late-comer of another place", change_late(offset=99), "is archived as None"),
    ("a late-comer of an open window", lambda told: told.too_late.append(
        TooLate(0, 1, False, OPEN, OPEN[2], "e1", COST, True)), "is in an open window"),
    ("a late-comer at another moment", change_late(event_us=LATE[2] + 1), "is archived as"),
    ("an identity is forgotten", forget_an_identity, "identities held"),
    ("an identity is held by a repeat", change_holder(offset=1), "identities held"),
    ("an identity holds other content", change_holder(value=Decimal(7)), "identities held"),
]


@pytest.mark.parametrize(("plant", "told"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_of_panes_is_found_and_named(plant: Plant, told: str) -> None:
    found = broken(evidence_of(plant))

    assert list(found) == ["I-panes"]
    assert any(told in difference for difference in found["I-panes"]), found["I-panes"]


def test_what_nobody_has_judged_yet_is_asked_for_neither_way() -> None:
    assert broken(evidence_of(change_late(repeat=None))) == {}


def test_of_an_identity_with_two_contents_the_first_arrival_counts() -> None:
    evidence = evidence_of(lambda told: None)
    first, third = evidence.rows[0], evidence.rows[2]

    evidence.rows[2] = third._replace(ingest_us=first.ingest_us - 1)

    assert "I-panes" in broken(evidence)


def test_what_was_taken_back_makes_room_for_an_earlier_arrival() -> None:
    evidence = evidence_of(lambda told: None)
    told = evidence.panes
    assert told is not None
    twin = evidence.rows[4]._replace(offset=8, ingest_us=evidence.rows[4].ingest_us - 1)
    evidence.rows.append(twin._replace(content=twin.content._replace(cost=Decimal(3))))
    row = told.too_late[0]
    told.too_late += [row._replace(taken_back=True, value=-COST), row._replace(offset=8, value=Decimal(3))]

    assert "I-panes" not in broken(evidence)
