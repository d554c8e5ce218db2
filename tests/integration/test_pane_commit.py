"""Panes in the commit, without Spark: slices of made-up logs, each judged by a plain reading of all events so far."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.domain.panes import PaneRules
from metering.store.connection import connect
from tests.lib.counting import PARTITIONS, START, Counting, Row, counting_on, event, seconds

pytestmark = pytest.mark.stack

CONTENT = ("company", "cost", "currency", "timestamp")


@pytest.fixture
def counting(database_url: str) -> Iterator[Counting]:
    with counting_on(database_url) as counting:
        yield counting


def test_events_become_panes_early_on_time_and_late(counting: Counting) -> None:
    began = datetime.now(UTC)
    counting.commit([event(0, 0, START, event_id="a"), event(0, 1, START + seconds(1), cost=Decimal("2.5"))])
    assert counting.tick(began + seconds(9)) == 0
    now = datetime.now(UTC)
    assert counting.tick(now + seconds(11)) == 1
    counting.ask_ends({0: 2, 1: 0}, START + seconds(10))
    assert counting.tick(now + seconds(12)) == 1
    assert counting.tick(now + seconds(13)) == 0
    counting.commit([event(0, 2, START + seconds(20), timestamp=START + seconds(2), cost=Decimal(-4))])
    assert counting.tick(datetime.now(UTC) + seconds(31)) == 1
    counting.ask_ends({0: 3, 1: 0}, START + seconds(5 + 600 + 5))
    assert counting.tick(now + seconds(13)) == 0

    assert counting.panes() == [
        (0, "early", Decimal("3.5"), 2, Decimal("3.5"), False),
        (1, "on_time", Decimal(0), 0, Decimal("3.5"), False),
        (2, "late", Decimal(-4), 1, Decimal("-0.5"), True)]
    assert counting.ask("SELECT count(*) FROM billing_pending") == [(0,)]
    counting.assert_sound()


def test_repeats_add_nothing_within_a_slice_and_over_slices(counting: Counting) -> None:
    counting.commit([event(0, 0, START, event_id="a"), event(0, 1, START + seconds(1), timestamp=START, event_id="a")])
    counting.commit([event(1, 0, START + seconds(2), timestamp=START, event_id="a"), event(1, 1, START + seconds(2))])

    assert counting.ask("SELECT sum(events) FROM billing_pane_input") == [(2,)]
    counting.assert_sound()


def test_an_earlier_arrival_with_other_content_takes_back_what_was_fed(counting: Counting) -> None:
    counting.commit([event(0, 0, START + seconds(2), event_id="a", cost=Decimal(7))])
    counting.commit([event(1, 0, START + seconds(1), event_id="a", cost=Decimal(5), company="c2")])

    fed = counting.ask("SELECT company, value, events FROM billing_pane_input ORDER BY 1")
    assert fed == [("c1", Decimal(0), 0), ("c2", Decimal(5), 1)]
    counting.assert_sound()


def test_what_comes_too_late_is_kept_and_joins_no_pane(counting: Counting) -> None:
    counting.commit([event(0, 0, START, event_id="a"), event(1, 0, START + seconds(700))])
    counting.ask_ends({0: 1, 1: 1}, START + seconds(900))
    counting.tick(datetime.now(UTC))
    counting.commit([
        event(0, 1, START + seconds(901), timestamp=START, event_id="a"),
        event(0, 2, START + seconds(902), timestamp=START + seconds(1), event_id="b", cost=Decimal(9))])

    assert counting.too_late() == [(0, 1, Decimal(1), True, False), (0, 2, Decimal(9), False, False)]
    assert counting.ask("SELECT watermark FROM billing_too_late LIMIT 1") == [(START + seconds(895),)]
    counting.assert_sound()


def test_late_comers_of_a_forgotten_hour_are_judged_by_all_events_of_the_hour(counting: Counting) -> None:
    counting.commit([event(0, 0, START, event_id="a"), event(1, 0, START)])
    counting.ask_ends({0: 1, 1: 1}, START + seconds(3600 + 600 + 5))
    counting.tick(datetime.now(UTC))
    assert counting.ask("SELECT count(*) FROM billing_identity") == [(0,)]
    late = START + seconds(5000)
    counting.commit([
        event(0, 1, late, timestamp=START, event_id="a"), event(0, 2, late, timestamp=START, event_id="new"),
        event(0, 3, late, timestamp=START, event_id="new"), event(0, 4, late, timestamp=START)])

    assert [row[3] for row in counting.too_late()] == [None, None, None, False]
    counting.assert_sound()
    assert [row[3] for row in counting.too_late()] == [True, False, True, False]


def test_what_a_closed_window_holds_is_taken_back_beside_the_panes(counting: Counting) -> None:
    # Partition 1 was left unread: its record came first, but is read when the other's window is closed.
    counting.commit([event(0, 0, START + seconds(2000), timestamp=START, event_id="a", cost=Decimal(7))])
    counting.commit([event(1, 0, START + seconds(1500))])
    assert counting.ask("SELECT closed_to FROM pane_clock") == [(START + seconds(1500 - 5 - 600),)]
    counting.commit([event(1, 1, START + seconds(1999), timestamp=START + seconds(1800), event_id="a")])

    assert (0, 0, Decimal(-7), False, True) in counting.too_late()
    counting.assert_sound()


@pytest.mark.parametrize("lateness_s", [0, 60, 7200])
def test_another_lateness_from_one_slice_to_the_next_reopens_nothing(counting: Counting, lateness_s: int) -> None:
    counting.commit([event(0, 0, START, event_id="a"), event(1, 0, START + seconds(650), event_id="b")])
    counting.ask_ends({0: 1, 1: 1}, START + seconds(660))
    counting.tick(datetime.now(UTC))
    others = PaneRules(10, 30, lateness_s, 5)
    counting.commit([
        event(0, 1, START + seconds(661), timestamp=START, event_id="c"),
        event(0, 2, START + seconds(661), timestamp=START + seconds(400), event_id="d"),
        event(0, 3, START + seconds(661), timestamp=START + seconds(650), event_id="b")], others)
    counting.ask_ends({0: 4, 1: 1}, START + seconds(9000))
    counting.tick(datetime.now(UTC), others)

    counting.assert_sound()
    assert counting.ask("SELECT count(*) FROM billing_pending") == [(0,)]


def test_a_partition_nobody_has_read_yet_holds_the_watermark(counting: Counting) -> None:
    counting.commit([event(0, 0, START), event(1, 0, START)])
    counting.ask_ends({0: 1, 1: 1, 2: 0}, START + seconds(50))
    counting.tick(datetime.now(UTC))
    assert counting.ask("SELECT watermark FROM pane_clock") == [(START + seconds(45),)]
    counting.ask_ends({0: 1, 1: 1, 2: 3}, START + seconds(90))
    counting.tick(datetime.now(UTC))

    assert counting.ask("SELECT watermark FROM pane_clock") == [(START + seconds(45),)]


def test_a_tick_leaves_the_triggers_to_a_slice_that_is_at_it(counting: Counting, database_url: str) -> None:
    counting.commit([event(0, 0, START)])
    with closing(connect(database_url, "slice")) as other, other.cursor() as cursor:
        cursor.execute("SELECT FROM pane_clock FOR UPDATE")
        assert counting.tick(datetime.now(UTC) + seconds(100)) == 0
        other.rollback()
    assert counting.tick(datetime.now(UTC) + seconds(100)) == 1


def drawn_log(rng: random.Random) -> dict[int, list[Row]]:
    """Per partition a log over some hours: late ones, resent ones, ids given twice with other content."""
    logs: dict[int, list[Row]] = {number: [] for number in range(PARTITIONS)}
    at, known = START, list[Row]()
    for number in range(60):
        at += seconds(rng.choice((0, 1, 3, 60, 400, 900)))
        content: Row = {
            "company": rng.choice("ab"), "cost": Decimal(rng.randrange(-3, 9)) / 8, "currency": "EUR",
            "event_id": f"e{number}" if rng.random() < 0.95 else None,
            "timestamp": at - seconds(rng.choice((0, 0, 1, 30, 500, 700, 3000, 9000)))}
        if known and rng.random() < 0.5:
            before = rng.choice(known)
            resent, changed = rng.random() < 0.6, {"event_id": before["event_id"], "timestamp": before["timestamp"]}
            content |= {name: before[name] for name in (*CONTENT, "event_id")} if resent else changed
        partition = rng.randrange(PARTITIONS)
        logs[partition].append(event(partition, len(logs[partition]), at, **content))
        known += logs[partition][-1:] if content["event_id"] else []
    return logs


@pytest.mark.parametrize("seed", range(12))
def test_whatever_arrives_in_whatever_slices_panes_are_the_exact_count(counting: Counting, seed: int) -> None:
    rng = random.Random(seed)
    logs, now = drawn_log(rng), datetime.now(UTC)
    while any(counting.next[number] < len(log) for number, log in logs.items()):
        # Of every other seed one partition is left unread most of the time.
        stalls = seed % 2 == 1 and rng.random() < 0.7
        taken = [row for number, log in logs.items()
                 for row in log[counting.next[number] :][: rng.choice((0, 0, 3, 9, 25)) * (not (stalls and number))]]
        if taken:
            counting.commit(taken)
        if rng.random() < 0.5:
            last = max(row["ingest_time"] for log in logs.values() for row in log)
            counting.ask_ends({number: len(log) for number, log in logs.items()}, last)
        now += seconds(rng.choice((0, 5, 40)))
        counting.tick(now)
        counting.assert_sound()

    assert counting.ask("SELECT count(*) FROM billing_pane WHERE is_last") != [(0,)]
    assert counting.too_late()
