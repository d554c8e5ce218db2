"""The trigger machine by timelines, each stating the panes; laws by Hypothesis; the watermark by its partitions.

A timeline is of one window [0, 5) of one key. A line is a step: processing time in seconds | how far Kafka vouches, in
seconds of event time | elements | panes. Elements are judged by the watermark from before their step, then it moves,
then triggers run. A pane reads `timing#number value/events total/events`, `!` for the last of its window; `last#n`
marks one that fired before; `too late v` joined nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.panes import Element, Pane, PaneRules, Timing, Window, advance, feed
from metering.domain.watermark import PartitionReach, moved, watermark

S = 1_000_000
RULES = PaneRules(early_s=10, late_s=30, lateness_s=60, bound_s=5)
END = 5

TIMELINES = {
    "nothing comes: no window, no pane": """
          0 |  -5 |     |
        100 | 100 |     |
    """,
    "early only": """
          0 |  -5 | 3   |
          9 |  -4 |     |
         10 |  -3 |     | early#0 3/1 3/1
        100 |  -2 |     |
    """,
    "an early pane is due from its first element, not its last": """
          0 |  -5 | 3   |
          9 |  -4 | 4   |
         10 |  -3 |     | early#0 7/2 7/2
    """,
    "several early panes, each from its own first element": """
          0 |  -9 | 1   |
         10 |  -8 |     | early#0 1/1 1/1
         15 |  -7 | 2   |
         24 |  -6 | 3   |
         25 |  -5 |     | early#1 5/2 6/3
         40 |  -4 | 4   |
         50 |  -3 |     | early#2 4/1 10/4
    """,
    "an element in the step in which a pane is due is in it": """
          0 |  -9 | 1   |
         10 |  -8 | 2   | early#0 3/2 3/2
    """,
    "on time without early ones": """
          0 |   0 | 3 4 |
          6 |   5 |     | on_time#0 7/2 7/2
    """,
    "on time at the watermark that is the end, not before": """
          0 |   0 | 3   |
          1 |   4 |     |
          2 |   5 |     | on_time#0 3/1 3/1
    """,
    "on time after early ones holds what is new": """
          0 | -20 | 1   |
         10 | -10 |     | early#0 1/1 1/1
         12 |   0 | 2   |
         15 |   5 |     | on_time#1 2/1 3/2
    """,
    "on time empty": """
          0 | -20 | 1   |
         10 | -10 |     | early#0 1/1 1/1
         20 |   5 |     | on_time#1 0/0 1/1
    """,
    "early due in the step that reaches the end: the pane on time takes it": """
          0 |   0 | 1   |
         10 |   5 |     | on_time#0 1/1 1/1
    """,
    "an element that comes with the watermark's passing is on time": """
          0 |   0 | 1   |
          5 |   9 | 2   | on_time#0 3/2 3/2
    """,
    "late within the limit, due from the first late one": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         20 |  20 | 2   |
         45 |  45 | 3   |
         49 |  49 |     |
         50 |  50 |     | late#1 5/2 6/3
    """,
    "several late panes": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         10 |   8 | 2   |
         40 |  20 |     | late#1 2/1 3/2
         41 |  21 | 4   |
         71 |  40 |     | late#2 4/1 7/3
    """,
    "late due when the window closes": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         60 |  60 | 2   |
         65 |  65 |     | late#1 2/1 3/2!
    """,
    "late due and closed in one step is one pane": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         60 |  20 | 2   |
         90 |  65 |     | late#1 2/1 3/2!
    """,
    "a window that closes with nothing pending marks the pane before": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         65 |  65 |     | last#0
        900 | 900 |     |
    """,
    "late beyond the limit joins nothing": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         65 |  65 |     | last#0
         66 |  66 | 9   | too late 9
    """,
    "too late for a window that never was": """
         65 |  65 |     |
         66 |  66 | 9 8 | too late 9, too late 8
    """,
    "the last moment before the close is within the limit": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
         64 |  64 | 2   |
         65 |  65 | 3   | late#1 5/2 6/3!
         66 |  66 | 4   | too late 4
    """,
    "a window that begins after its end has late panes only": """
          6 |   6 |     |
          7 |   7 | 2   |
         36 |  36 |     |
         37 |  37 |     | late#0 2/1 2/1
         65 |  65 |     | last#0
    """,
    "accumulating: totals go on over early, on time and late": """
          0 | -20 | 1   |
         10 | -10 |     | early#0 1/1 1/1
         11 |   0 | 2   |
         15 |   5 |     | on_time#1 2/1 3/2
         20 |  10 | 4   |
         50 |  40 |     | late#2 4/1 7/3
         60 |  60 | 8   |
         70 |  70 |     | late#3 8/1 15/4!
    """,
    "sessions of silence between bursts": """
          0 | -900 | 1  |
         10 | -890 |    | early#0 1/1 1/1
        400 | -500 |    |
        401 | -499 | 2  |
        405 | -495 | 3  |
        411 | -489 |    | early#1 5/2 6/3
        900 |    5 |    | on_time#2 0/0 6/3
    """,
    "silence of the watermark: early panes go on": """
          0 |     | 1   |
         10 |     |     | early#0 1/1 1/1
         11 |     | 2   |
         21 |     |     | early#1 2/1 3/2
    """,
    "a watermark that jumps past everything fires one pane": """
          0 |   0 | 1 2 |
          1 | 999 |     | on_time#0 3/2 3/2!
          2 | 999 | 3   | too late 3
    """,
    "a jump in the step of the elements themselves": """
          0 | 999 | 1   | on_time#0 1/1 1/1!
    """,
    "out-of-order watermarks never move back": """
          0 |   0 | 1   |
          6 |   6 |     | on_time#0 1/1 1/1
          7 |  -9 |     |
          8 |   2 | 2   |
         37 |   3 |     |
         38 |   4 |     | late#1 2/1 3/2
         39 |  65 |     | last#1
         40 |  10 | 5   | too late 5
    """,
    "credits: negative values": """
          0 | -20 | 5 -7 |
         10 | -10 |      | early#0 -2/2 -2/2
         11 |   0 | 2    |
         15 |   5 |      | on_time#1 2/1 0/3
    """,
    "zero values are elements all the same": """
          0 | -20 | 0   |
         10 | -10 |     | early#0 0/1 0/1
         15 |   5 |     | on_time#1 0/0 0/1
         16 |   6 | 0   |
         46 |   7 |     | late#2 0/1 0/2
    """,
    "six decimals add up exactly": """
          0 |   0 | 0.1 0.2 0.000001 |
          6 |   6 |                  | on_time#0 0.300001/3 0.300001/3
    """,
    "one taken back in its own pane": """
          0 | -20 | 5 7 |
          5 | -15 | -5x |
         10 | -10 |     | early#0 7/1 7/1
    """,
    "one taken back after its pane is what is new": """
          0 | -20 | 5   |
         10 | -10 |     | early#0 5/1 5/1
         11 |   0 | -5x |
         15 |   5 |     | on_time#1 -5/-1 0/0
    """,
    "a processing time that stands still fires nothing twice": """
          0 | -20 | 1   |
         10 | -10 |     | early#0 1/1 1/1
         10 | -10 |     |
         10 |   5 |     | on_time#1 0/0 1/1
         10 |   5 |     |
    """,
    "a processing time that goes back waits": """
         10 | -20 | 1   |
          5 | -15 | 2   |
         19 |  -9 |     |
         20 |  -8 |     | early#0 3/2 3/2
    """,
}
LATENESS_0 = {
    "lateness 0: on time is the last": """
          0 |   0 | 1   |
          5 |   5 |     | on_time#0 1/1 1/1!
          6 |   6 | 2   | too late 2
    """,
    "lateness 0: after early ones, empty": """
          0 | -20 | 1   |
         10 | -10 |     | early#0 1/1 1/1
         15 |   5 |     | on_time#1 0/0 1/1!
    """,
}


@dataclass
class Replay:
    """One window over a timeline, as the commit and the tick take it; keeps what fired and what came too late."""

    rules: PaneRules
    window: Window | None = None
    watermark: int | None = None
    panes: list[Pane] = field(default_factory=list)
    too_late: list[Element] = field(default_factory=list)

    def step(self, now: int, reached: int | None, elements: Sequence[Element]) -> list[str]:
        """One step; what the timeline's last column says of it."""
        told = [f"too late {one.value}" for one in self._take(now, elements)]
        self.watermark = moved(self.watermark, reached)
        if self.window is not None and not self.window.closed:
            told += self._turn(now)
        return told

    def _take(self, now: int, elements: Sequence[Element]) -> Sequence[Element]:
        if not elements:
            return ()
        fed, refused = feed(self.window or Window(END * S), elements, now, self.watermark, self.rules)
        self.window = fed if self.window or len(refused) < len(elements) else None
        self.too_late += refused
        return refused

    def _turn(self, now: int) -> list[str]:
        assert self.window is not None
        fired, self.window = advance(self.window, self.watermark, now, self.rules)
        self.panes += fired
        if self.window.closed and not fired:
            return [f"last#{self.window.panes - 1}"]
        return [_told(pane) for pane in fired]


def _told(pane: Pane) -> str:
    return (f"{pane.timing}#{pane.number} {pane.value}/{pane.events} {pane.total_value}/{pane.total_events}"
            f"{'!' if pane.is_last else ''}")


def _steps(text: str) -> Iterator[tuple[int, int | None, list[Element], list[str]]]:
    for line in text.strip().splitlines():
        now, reached, elements, panes = (column.strip() for column in line.split("|"))
        yield (
            int(now) * S, int(reached) * S if reached else None,
            [Element(Decimal(one.rstrip("x")), -1 if one.endswith("x") else 1) for one in elements.split()],
            [one.strip() for one in panes.split(",") if one.strip()])


@pytest.mark.parametrize(
    ("text", "rules"),
    [pytest.param(text, RULES, id=name) for name, text in TIMELINES.items()]
    + [pytest.param(text, PaneRules(10, 30, 0), id=name) for name, text in LATENESS_0.items()])
def test_a_timeline_fires_the_panes_it_states(text: str, rules: PaneRules) -> None:
    replay = Replay(rules)
    for now, reached, elements, panes in _steps(text):
        assert replay.step(now, reached, elements) == panes, f"at {now / S:.0f} s"


values = st.decimals(-(10**9), 10**9, places=6)
steps = st.lists(
    st.tuples(st.integers(0, 40), st.none() | st.integers(-30, 120), st.lists(values, max_size=3)), max_size=25)
rules = st.builds(PaneRules, st.integers(1, 20), st.integers(1, 40), st.integers(0, 90))


def _replayed(taken: Sequence[tuple[int, int | None, list[Decimal]]], by: PaneRules) -> Replay:
    replay, now = Replay(by), 0
    for after, reached, given_values in taken:
        now += after
        replay.step(now * S, None if reached is None else reached * S, [Element(value) for value in given_values])
    return replay


@given(steps, rules)
def test_discarding_panes_and_pending_and_too_late_are_the_plain_sum(
    taken: list[tuple[int, int | None, list[Decimal]]], by: PaneRules
) -> None:
    replay = _replayed(taken, by)
    plain = [value for _, _, given_values in taken for value in given_values]
    pending = replay.window or Window(0)

    assert sum(plain) == (
        sum(pane.value for pane in replay.panes) + pending.value + sum(one.value for one in replay.too_late))
    assert len(plain) == sum(pane.events for pane in replay.panes) + pending.events + len(replay.too_late)


@given(steps, rules)
def test_the_last_accumulating_pane_of_a_closed_window_is_the_sum_of_all_that_joined(
    taken: list[tuple[int, int | None, list[Decimal]]], by: PaneRules
) -> None:
    replay = _replayed([*taken, (0, 10_000, [])], by)
    if replay.window is None:
        return
    plain = sum((value for _, _, given_values in taken for value in given_values), Decimal(0))
    too_late = sum((one.value for one in replay.too_late), Decimal(0))

    assert replay.window.closed
    assert replay.panes[-1].total_value == plain - too_late
    totals = [(pane.total_value, pane.total_events) for pane in replay.panes]
    assert totals == [
        (sum(pane.value for pane in replay.panes[: n + 1]), sum(pane.events for pane in replay.panes[: n + 1]))
        for n in range(len(replay.panes))]


@given(steps, rules)
def test_panes_are_numbered_without_gaps_and_each_window_is_on_time_once_and_has_one_last(
    taken: list[tuple[int, int | None, list[Decimal]]], by: PaneRules
) -> None:
    told: list[str] = []
    replay, now, born_before_end = Replay(by), 0, False
    for after, reached, given_values in [*taken, (0, 10_000, [])]:
        now += after
        judged_by, was = replay.watermark, replay.window
        told += replay.step(now * S, None if reached is None else reached * S, [Element(one) for one in given_values])
        if was is None and replay.window is not None:
            born_before_end = judged_by is None or judged_by < END * S

    timings = [pane.timing for pane in replay.panes]
    assert [pane.number for pane in replay.panes] == list(range(len(timings)))
    assert timings == sorted(timings, key=list(Timing).index)
    assert timings.count(Timing.ON_TIME) == int(born_before_end)
    assert sum(one.endswith("!") or one.startswith("last#") for one in told) == int(replay.window is not None)


@given(steps, rules)
def test_the_same_timeline_fires_the_same_panes(
    taken: list[tuple[int, int | None, list[Decimal]]], by: PaneRules
) -> None:
    assert _replayed(taken, by).panes == _replayed(taken, by).panes


def reach(read: int, end: int, append: int | None, asked: int | None) -> PartitionReach:
    return PartitionReach(read, end, None if append is None else append * S, None if asked is None else asked * S)


WATERMARKS = {
    "no partition: none": ([], None),
    "one read to its end vouches for the moment of asking": ([reach(10, 10, 90, 100)], 95),
    "unread records: the last committed one's append time": ([reach(9, 10, 90, 100)], 85),
    "the least of all": ([reach(9, 10, 90, 100), reach(9, 10, 80, 100), reach(5, 5, 10, 100)], 75),
    "an idle partition does not hold it": ([reach(10, 10, 99, 100), reach(3, 3, 7, 100)], 95),
    "an empty partition does not hold it": ([reach(10, 10, 99, 100), reach(0, 0, None, 100)], 95),
    "a partition with unread records holds it, however busy the others": (
        [reach(3, 4, 7, 100), reach(99, 99, 99, 100)], 2),
    "a new partition with records that were never read: no watermark": (
        [reach(10, 10, 99, 100), reach(0, 4, None, 100)], None),
    "a new partition whose end was never asked for: no watermark": (
        [reach(10, 10, 99, 100), reach(0, 0, None, None)], None),
    "ends never asked for: append times alone": ([reach(10, 10, 99, None), reach(4, 4, 98, None)], 93),
    "read past the end that was asked for: the later moment": ([reach(12, 10, 110, 100)], 105),
    "asked after the last append: the moment of asking": ([reach(12, 12, 110, 120)], 115),
}


@pytest.mark.parametrize(("partitions", "expected"), WATERMARKS.values(), ids=WATERMARKS.keys())
def test_a_watermark_is_what_all_partitions_vouch_for_less_the_bound(
    partitions: list[PartitionReach], expected: int | None
) -> None:
    assert watermark(partitions, RULES.bound_us) == (None if expected is None else expected * S)


def test_a_wild_event_moves_nothing() -> None:
    # An event a year ahead is a record as any: only the time at which Kafka appended it is looked at.
    before = [reach(10, 10, 99, 100), reach(7, 7, 98, 100)]
    with_a_wild_one = [reach(11, 11, 100, 100), reach(7, 7, 98, 100)]

    assert watermark(with_a_wild_one, RULES.bound_us) == watermark(before, RULES.bound_us)


@given(st.lists(st.none() | st.integers(-100, 100), max_size=20))
def test_a_watermark_never_moves_back(found: list[int | None]) -> None:
    stood: list[int] = []
    at: int | None = None
    for reached in found:
        at = moved(at, reached)
        stood += [] if at is None else [at]

    assert stood == sorted(stood)
