"""Made-up evidence of every stream in which all invariants hold, for tests that break it.

Partition 0, offsets 0 to 7: an hour that is published, with a repeat, a conflict and an event without an id; the hour
before it, which waits; a message that is bad; a gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.lib.evidence import Acknowledged, DeadLetter, Evidence, Gap, Hour, Message, Row, Span
from tests.lib.folded import by_hour, fold, merge
from tests.lib.message_rules import HOUR_US, MICROSECONDS, judge
from tests.lib.pane_evidence import Holder, Pane, PaneEvidence, Pending, TooLate
from tests.lib.streams_told import TOLD
from tests.lib.streams_told.plays import RECORD
from tests.lib.streams_told.shapes import StreamTold

HOUR = 450_000 * HOUR_US
HOUR_S = HOUR // MICROSECONDS
APPENDED_MS = HOUR // 1000 + 60_000
GAP, BAD = 6, 5

MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "devices": {"id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 10},
    "resource_usage": {"machine_id": "m1", "service": "web", "cpu": 12.5, "memory_usage": None, "interval_s": 3},
    "listens": {"customer_id": "c1", "track_id": "t1", "is_mobile": 1, "listening_zip": "01000"},
    "clicks": {"customer_id": "c1", "ad": "ADV"},
    "billing": {"company": "acme", "cost": "10.5"},
}
OTHER_CONTENT: Mapping[str, Mapping[str, Any]] = {
    "devices": {"bytes": 11}, "resource_usage": {"cpu": 13}, "listens": {"is_mobile": 0}, "clicks": {"ad": "ADW"},
    "billing": {"cost": 7},
}
DECISION = (1, "scored", 0.5, 3, 60.0, '{"morning": 1}')


def undisturbed(topic: str) -> Evidence:
    """Evidence without a fault."""
    told, values = TOLD[topic], list(_values(topic))
    messages = [Message(0, offset, APPENDED_MS, value) for offset, value in values]
    evidence = Evidence(
        told, messages=messages, log_starts={0: 0}, log_ends={0: 8}, rows=list(_rows(told, messages)),
        offsets={0: Span(0, 8)}, gaps=[Gap(0, GAP, GAP)], hours={HOUR: Hour(1, False, 2, 2, 1)})
    evidence.acknowledged = list(_acknowledged(evidence))
    evidence.dead_letters = {(0, 2): letter("CONFLICT", b"{}"), (0, BAD): letter("PARSE", b"not JSON")}
    _fill_views(evidence)
    if told.recent:
        kept = [row for row in evidence.rows if row.offset not in (1, 2)]
        evidence.recent = {(row.content[0], *row.place): (*row.content, row.ingest_us, *row.added) for row in kept}
    if told.panes:
        evidence.panes = _panes(evidence)
    return evidence


def letter(reason: str, raw: bytes) -> DeadLetter:
    return DeadLetter(reason, raw, len(raw), hashlib.sha256(raw).hexdigest(), APPENDED_MS * 1000)


def _values(topic: str) -> Iterator[tuple[int, bytes]]:
    """Offset and message; all of the hour are of one moment, so the second and third repeat the first."""
    usual = {"timestamp": HOUR_S + 30, **MESSAGES[topic]}
    sent: dict[int, Mapping[str, Any]] = {
        0: {"event_id": "e1"}, 1: {"event_id": "e1"}, 2: {"event_id": "e1", **OTHER_CONTENT[topic]}, 3: {},
        4: {"event_id": "e1", "timestamp": HOUR_S - 3570}, 7: {"event_id": "e7", "timestamp": HOUR_S - 3590}}
    for offset in (0, 1, 2, 3, 4, BAD, 7):
        yield offset, b"not JSON" if offset == BAD else json.dumps({**usual, **sent[offset]}).encode()


def _rows(told: StreamTold, messages: list[Message]) -> Iterator[Row]:
    record = tuple("GOLD" if name == "level" else name for name in RECORD)
    for message in messages:
        content = judge(told, message.value, message.append_ms)
        if not isinstance(content, str):
            hour = content[0] // HOUR_US * HOUR_US
            added = (*record, *DECISION) if told.added else ()
            yield Row(content, added, 0, message.offset, message.append_ms * 1000, hour, 1 if hour == HOUR else 2)


def _acknowledged(evidence: Evidence) -> Iterator[Acknowledged]:
    for row in evidence.rows:
        yield Acknowledged(0, row.offset, row.event_id, row.content[0])
    yield Acknowledged(0, BAD, None, None)
    yield Acknowledged(0, GAP, "lost", HOUR)


def _fill_views(evidence: Evidence) -> None:
    """Written down as they should be: the hour's first and third event exactly, the other hour's two as they came."""
    for rollup in evidence.told.rollups:
        exact = fold(evidence.told, rollup, [row for row in evidence.rows if row.offset in (0, 3)])
        raw = fold(evidence.told, rollup, [row for row in evidence.rows if row.offset in (4, 7)])
        served = merge(rollup, [exact, raw])
        evidence.views |= {
            rollup.batch: exact,
            rollup.hourly_batch: by_hour(rollup, exact),
            rollup.realtime: {(2, *key): values for key, values in raw.items()},
            rollup.merged: {key: (*values, True) for key, values in served.items()},
            rollup.hourly_merged: {key: (*values, True) for key, values in by_hour(rollup, served).items()}}


OPEN = ("acme", "EUR", HOUR + 30 * MICROSECONDS)
CLOSED = ("acme", "EUR", HOUR - HOUR_US + 10 * MICROSECONDS)
LATE = ("acme", "EUR", HOUR - HOUR_US + 30 * MICROSECONDS)


def _panes(evidence: Evidence) -> PaneEvidence:
    """An open window with an early pane and one on time, a closed one, and one that closed before its event came."""
    cost, none = Decimal("10.5"), Decimal(0)
    early = Pane(0, _end(OPEN), "early", False, cost, 1, cost, 1)
    on_time = Pane(1, _end(OPEN), "on_time", False, none, 0, cost, 1)
    last = Pane(0, _end(CLOSED), "on_time", True, cost, 1, cost, 1)
    return PaneEvidence(
        panes={OPEN: [early, on_time], CLOSED: [last]},
        pending={OPEN: Pending(_end(OPEN), cost, 1, 2 * cost, 2, 2, True)},
        fed={OPEN: (2 * cost, 2), CLOSED: (cost, 1), ("acme", "USD", HOUR): (none, 0)},
        too_late=[TooLate(0, 4, False, LATE, LATE[2], "e1", cost, False)],
        holders={(HOUR, "e1"): Holder(OPEN, cost, OPEN[2], APPENDED_MS * 1000, 0, 0)},
        watermark_us=HOUR + 40 * MICROSECONDS, closed_to_us=HOUR)


def _end(key: tuple[str, str, int]) -> int:
    return key[2] + 5 * MICROSECONDS
