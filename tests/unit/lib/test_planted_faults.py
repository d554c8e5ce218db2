"""A fault of each kind, planted in the evidence of every stream, is found by the invariants that are about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lib.checker import judge
from tests.lib.evidence import Acknowledged, Evidence, Gap, Hour, Message
from tests.lib.folded import View
from tests.lib.message_rules import HOUR_US
from tests.lib.sample_evidence import APPENDED_MS, BAD, HOUR, letter, undisturbed
from tests.lib.streams_told import TOLD

Plant = Callable[[Evidence], None]


def broken(evidence: Evidence) -> set[str]:
    return {finding.name.split()[0] for finding in judge(evidence).findings if not finding.holds}


def lose_a_row(evidence: Evidence) -> None:
    del evidence.rows[3]


def change_a_row(evidence: Evidence) -> None:
    row = evidence.rows[0]
    evidence.rows[0] = row._replace(content=row.content._replace(event_us=row.content.event_us + HOUR_US // 12))


def change_an_arrival(evidence: Evidence) -> None:
    evidence.rows[3] = evidence.rows[3]._replace(ingest_us=APPENDED_MS * 1000 + 1)


def change_a_reason(evidence: Evidence) -> None:
    evidence.dead_letters[0, BAD] = letter("SCHEMA", b"not JSON")


def forget_what_was_raw(evidence: Evidence) -> None:
    evidence.dead_letters[0, BAD] = letter("PARSE", b"not JSON")._replace(raw=b"")


def keep_another_size(evidence: Evidence) -> None:
    evidence.dead_letters[0, BAD] = letter("PARSE", b"not JSON")._replace(size=9)


def acknowledge_another(evidence: Evidence) -> None:
    assert evidence.acknowledged is not None
    evidence.acknowledged.append(Acknowledged(0, 8, "e2", HOUR))


def store_what_nobody_sent(evidence: Evidence) -> None:
    assert evidence.acknowledged is not None
    evidence.acknowledged = [row for row in evidence.acknowledged if row.offset != 3]


def reject_what_nobody_sent(evidence: Evidence) -> None:
    assert evidence.acknowledged is not None
    evidence.acknowledged = [row for row in evidence.acknowledged if row.offset != BAD]


def leave_a_message_unread(evidence: Evidence) -> None:
    evidence.messages.append(Message(0, 8, APPENDED_MS, b"{}"))


def leave_a_partition_unread(evidence: Evidence) -> None:
    evidence.messages.append(Message(3, 0, APPENDED_MS, b"{}"))


def delete_ahead_without_a_gap(evidence: Evidence) -> None:
    evidence.log_starts, evidence.log_ends = {0: 20}, {0: 30}


def read_beyond_the_end(evidence: Evidence) -> None:
    evidence.log_ends = {0: 7}


def count_a_row_twice(evidence: Evidence) -> None:
    evidence.rows.append(evidence.rows[0]._replace())


def pass_over_an_offset(evidence: Evidence) -> None:
    evidence.gaps.clear()


def pass_over_what_was_not_reached(evidence: Evidence) -> None:
    evidence.gaps.append(Gap(0, 50, 51))


def reject_and_store(evidence: Evidence) -> None:
    evidence.dead_letters[0, 0] = letter("RANGE", evidence.messages[0].value or b"")


def truncate_a_file(evidence: Evidence) -> None:
    evidence.file_faults.append("x.parquet: 1 rows, listed are 2")


def forget_a_conflict(evidence: Evidence) -> None:
    del evidence.dead_letters[0, 2]


def keep_a_conflict_that_is_none(evidence: Evidence) -> None:
    evidence.dead_letters[0, 1] = letter("CONFLICT", b"{}")


def miscount_an_hour(evidence: Evidence) -> None:
    evidence.hours[HOUR] = Hour(1, False, 3, 2, 1)


def leave_realtime_rows_behind(evidence: Evidence) -> None:
    evidence.hours[HOUR - HOUR_US] = Hour(2, False, 2)


def tag_with_another_generation(evidence: Evidence) -> None:
    for rollup in evidence.told.rollups:
        rows = evidence.views[rollup.realtime]
        evidence.views[rollup.realtime] = {(3, *key[1:]): values for key, values in rows.items()}


def call_it_final(evidence: Evidence) -> None:
    evidence.hours[HOUR] = Hour(1, True, 2, 2, 1)


def in_table(role: str, change: Callable[[View], None]) -> Plant:
    """A change of a rollup's table or view."""

    def plant(evidence: Evidence) -> None:
        change(evidence.views[getattr(evidence.told.rollups[-1], role)])

    plant.__name__ = f"{change.__name__} of {role}"
    return plant


def lose_a_key(view: View) -> None:
    view.popitem()


def add_one(view: View) -> None:
    key, (first, *others) = view.popitem()
    view[key] = (first + 1, *others)


def add_a_key(view: View) -> None:
    (key, values) = next(iter(view.items()))
    view[(*key[:-1], "another")] = values


EVERYWHERE: list[tuple[Plant, set[str]]] = [
    (lose_a_row, {"I1", "I2", "I3", "I5"}),
    (change_a_row, {"I1", "I3", "I5"}),
    (change_an_arrival, {"I1"}),
    (change_a_reason, {"I1"}),
    (forget_what_was_raw, {"I1"}),
    (keep_another_size, {"I1"}),
    (acknowledge_another, {"I1"}),
    (store_what_nobody_sent, {"I1"}),
    (reject_what_nobody_sent, {"I1"}),
    (leave_a_message_unread, {"I1"}),
    (leave_a_partition_unread, {"I1"}),
    (delete_ahead_without_a_gap, {"I1"}),
    (read_beyond_the_end, {"I1"}),
    (count_a_row_twice, {"I2", "I3"}),
    (pass_over_an_offset, {"I1", "I2"}),
    (pass_over_what_was_not_reached, {"I2"}),
    (reject_and_store, {"I1", "I2"}),
    (truncate_a_file, {"I2"}),
    (forget_a_conflict, {"I3"}),
    (keep_a_conflict_that_is_none, {"I3"}),
    (miscount_an_hour, {"I3"}),
    (leave_realtime_rows_behind, {"I3", "I4"}),
    (tag_with_another_generation, {"I4"}),
    (call_it_final, {"I5"}),
    *((in_table(role, change), {found}) for change in (lose_a_key, add_one, add_a_key) for role, found in (
        ("batch", "I3"), ("hourly_batch", "I3"), ("realtime", "I4"), ("merged", "I5"), ("hourly_merged", "I5"))),
]


@pytest.mark.parametrize("topic", TOLD)
@pytest.mark.parametrize(("plant", "found"), EVERYWHERE, ids=lambda each: each.__name__ if callable(each) else "")
def test_a_planted_fault_is_found_in_every_stream(topic: str, plant: Plant, found: set[str]) -> None:
    evidence = undisturbed(topic)

    plant(evidence)

    assert broken(evidence) - {"I7", "I-recent", "I-panes"} == found


@pytest.mark.parametrize(("topic", "role"), [
    (topic, role) for topic in ("devices", "resource_usage")
    for role in ("batch", "hourly_batch", "realtime", "merged", "hourly_merged")])
def test_sums_that_are_no_longer_equal_are_found(topic: str, role: str) -> None:
    evidence = undisturbed(topic)

    in_table(role, add_one)(evidence)

    assert "I7" in broken(evidence)
