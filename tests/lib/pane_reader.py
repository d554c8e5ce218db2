"""Reads the tables of billing's panes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from psycopg2.extensions import connection

from tests.lib.pane_evidence import Holder, Pane, PaneEvidence, Pending, TooLate, WindowKey

PANES = """
SELECT
    company, currency, (extract(epoch FROM window_start) * 1000000)::bigint,
    pane, (extract(epoch FROM window_end) * 1000000)::bigint, timing, is_last, value, events, total_value, total_events
FROM billing_pane
"""
PENDING = """
SELECT
    company, currency, (extract(epoch FROM window_start) * 1000000)::bigint,
    (extract(epoch FROM window_end) * 1000000)::bigint, value, events, total_value, total_events, panes, on_time
FROM billing_pending
"""
FED = """
SELECT company, currency, (extract(epoch FROM window_start) * 1000000)::bigint, sum(value), sum(events)
FROM billing_pane_input GROUP BY company, currency, window_start
"""
TOO_LATE = """
SELECT
    company, currency, (extract(epoch FROM window_start) * 1000000)::bigint,
    partition, "offset", taken_back, (extract(epoch FROM event_time) * 1000000)::bigint, event_id, value, repeat
FROM billing_too_late
"""
HOLDERS = """
SELECT
    company, currency, (extract(epoch FROM window_start) * 1000000)::bigint,
    (extract(epoch FROM event_hour) * 1000000)::bigint, event_id, value,
    (extract(epoch FROM event_time) * 1000000)::bigint, (extract(epoch FROM ingest_time) * 1000000)::bigint,
    partition, "offset"
FROM billing_identity
"""
CLOCK = """
SELECT (extract(epoch FROM watermark) * 1000000)::bigint, (extract(epoch FROM closed_to) * 1000000)::bigint
FROM pane_clock WHERE topic = %s
"""


def read_panes(session: connection, topic: str) -> PaneEvidence:
    """All of them, in the session's snapshot."""
    found = PaneEvidence()
    panes: dict[WindowKey, list[Pane]] = defaultdict(list)
    for key, pane in _keyed(session, PANES):
        panes[key].append(Pane(*pane))
    found.panes = dict(panes)
    found.pending = {key: Pending(*window) for key, window in _keyed(session, PENDING)}
    found.fed = {key: (value, int(events)) for key, (value, events) in _keyed(session, FED)}
    found.too_late = [TooLate(*row[:3], key, *row[3:]) for key, row in _keyed(session, TOO_LATE)]
    found.holders = {
        (row[0], row[1]): Holder(key, *row[2:]) for key, row in _keyed(session, HOLDERS)}
    for watermark_us, closed_to_us in _rows(session, CLOCK, topic):
        found.watermark_us, found.closed_to_us = watermark_us, closed_to_us
    return found


def _keyed(session: connection, statement: str) -> list[tuple[WindowKey, tuple[Any, ...]]]:
    return [(row[:3], row[3:]) for row in _rows(session, statement)]


def _rows(session: connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()
