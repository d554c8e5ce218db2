"""I-panes: every event is in a pane of its window once, pending, or too late; panes are as Beam's model has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import accumulate

from tests.lib.evidence import Evidence, Row
from tests.lib.finding import Finding
from tests.lib.message_rules import HOUR_US
from tests.lib.pane_evidence import Pane, PaneEvidence, Pending, WindowKey

WIDTH_US = 5_000_000
TIMINGS = ("early", "on_time", "late")

Sums = dict[WindowKey, tuple[Decimal, int]]
"""Value and number of events by window; a window of no events and no value is not there."""


def panes(evidence: Evidence) -> Finding:
    """I-panes: panes + pending = what they were fed; with what came too late, each identity once; timings in order."""
    finding = Finding("I-panes")
    told = evidence.panes
    if told is None:
        return finding
    finding.numbers |= {
        "panes": sum(map(len, told.panes.values())), "pending": len(told.pending), "too late": len(told.too_late)}
    held = _sums(_held(told))
    finding.compare("windows fed", held, {key: fed for key, fed in told.fed.items() if any(fed)})
    finding.compare("windows counted", _sums([*_held(told), *_late(told)]), _sums(_once(evidence, told)))
    finding.differ("windows", (f"{key}: {fault}" for key, fault in _faults_of_windows(told)))
    finding.differ("too late", _faults_of_too_late(evidence, told))
    _compare_holders(evidence, told, finding)
    return finding


def window_of(row: Row) -> WindowKey:
    """A charge's window."""
    return row.content.company, row.content.currency, row.content.event_us // WIDTH_US * WIDTH_US


def _sums(parts: Iterable[tuple[WindowKey, Decimal, int]]) -> Sums:
    values: dict[WindowKey, Decimal] = defaultdict(Decimal)
    events: dict[WindowKey, int] = defaultdict(int)
    for key, value, number in parts:
        values[key] += value
        events[key] += number
    return {key: (values[key], events[key]) for key in values if values[key] or events[key]}


def _held(told: PaneEvidence) -> list[tuple[WindowKey, Decimal, int]]:
    fired = [(key, pane.value, pane.events) for key, fired in told.panes.items() for pane in fired]
    return fired + [(key, window.value, window.events) for key, window in told.pending.items()]


def _late(told: PaneEvidence) -> Iterator[tuple[WindowKey, Decimal, int]]:
    return ((one.key, one.value, -1 if one.taken_back else 1) for one in told.too_late if one.repeat is False)


def _once(evidence: Evidence, told: PaneEvidence) -> Iterator[tuple[WindowKey, Decimal, int]]:
    """The first of each identity by arrival; without what came too late and is not judged yet."""
    unjudged = {(one.partition, one.offset) for one in told.too_late if one.repeat is None}
    firsts = evidence.choose(row for row in evidence.rows if row.place not in unjudged).firsts
    return ((window_of(row), row.content.cost, 1) for row in firsts)


def _faults_of_windows(told: PaneEvidence) -> Iterator[tuple[WindowKey, str]]:
    for key in sorted(told.panes.keys() | told.pending.keys()):
        fired = sorted(told.panes.get(key, []))
        pending = told.pending.get(key)
        for fault in (*_faults_of_order(fired), *_faults_of_totals(fired, pending), *_faults_of_time(told, key)):
            yield key, fault


def _faults_of_order(fired: list[Pane]) -> Iterator[str]:
    if [pane.number for pane in fired] != list(range(len(fired))):
        yield f"pane numbers {[pane.number for pane in fired]}"
    timings = [TIMINGS.index(pane.timing) for pane in fired]
    if timings != sorted(timings) or timings.count(1) > 1:
        yield f"timings {[pane.timing for pane in fired]}"
    if timings and timings[0] == 0 and timings[-1] == 2 and 1 not in timings:
        yield "late panes after early ones, none on time"


def _faults_of_totals(fired: list[Pane], pending: Pending | None) -> Iterator[str]:
    """Accumulating is the running sum of discarding."""
    values, events = ([0, *accumulate(parts)] for parts in (
        [pane.value for pane in fired], [pane.events for pane in fired]))
    for number, pane in enumerate(fired, 1):
        if (pane.total_value, pane.total_events) != (values[number], events[number]):
            yield f"pane {pane.number} totals {pane.total_value} of {pane.total_events}"
    if pending and (pending.total_value, pending.total_events) != (
            values[-1] + pending.value, events[-1] + pending.events):
        yield f"pending totals {pending.total_value} of {pending.total_events}"
    if pending and pending.panes != len(fired):
        yield f"pending says {pending.panes} panes of {len(fired)}"


def _faults_of_time(told: PaneEvidence, key: WindowKey) -> Iterator[str]:
    """Open until closed_to reaches its end, then with one last pane; on time once the watermark has reached it."""
    fired, pending, end_us = sorted(told.panes.get(key, [])), told.pending.get(key), key[2] + WIDTH_US
    if any(one.end_us != end_us for one in (*fired, *([pending] if pending else []))):
        yield "another end than its start and width say"
    last = [pane.is_last for pane in fired]
    if any(last[:-1]) or (last and last[-1] == (pending is not None)):
        yield f"last panes {last}, {'open' if pending else 'closed'}"
    if (pending is None) != (end_us <= told.closed_to_us):
        yield f"{'closed' if pending is None else 'open'}, windows are closed to {told.closed_to_us}"
    timings, reached = {pane.timing for pane in fired}, (told.watermark_us or 0) >= end_us
    if ("early" in timings and reached and "on_time" not in timings) or ("on_time" in timings and not reached):
        yield f"fired {sorted(timings)} at watermark {told.watermark_us}"


def _faults_of_too_late(evidence: Evidence, told: PaneEvidence) -> Iterator[str]:
    """Each is an archived charge at its place; what is taken back is its opposite. Its window is closed."""
    rows = {row.place: row for row in evidence.rows}
    for one in told.too_late:
        row = rows.get((one.partition, one.offset))
        value = -one.value if one.taken_back else one.value
        if row is None or (window_of(row), row.content.event_us, row.event_id, row.content.cost) != (
                one.key, one.event_us, one.event_id, value):
            yield f"{one} is archived as {row and row.content}"
        if not one.taken_back and one.key[2] + WIDTH_US > told.closed_to_us:
            yield f"{one} is in an open window"


def _compare_holders(evidence: Evidence, told: PaneEvidence, finding: Finding) -> None:
    """While an hour's last window is open, each identity of it is held by its first arrival."""
    def is_open(hour_us: int) -> bool:
        return hour_us + HOUR_US > told.closed_to_us

    firsts = {
        row.identity: (window_of(row), row.content.cost, row.content.event_us, row.ingest_us, *row.place)
        for row in evidence.choose(evidence.rows).firsts
        if row.event_id is not None and is_open(row.hour_us)}
    known = {identity: tuple(holder) for identity, holder in told.holders.items() if is_open(identity[0])}
    finding.compare("identities held", known, firsts)
