"""Six hours of companies' costs and their panes as the layers would leave them.

The hour of `now` has realtime rows alone, the one before is published and not final, one of the final ones was
corrected; the last two windows are open. Three events came too late: a repeat, one that counts, one not judged yet.
Standard library and psycopg2 only. The same `now` gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2.extras import execute_values

HOUR, WINDOW = timedelta(hours=1), timedelta(seconds=5)
TOPIC, HOURS, CORRECTED_AGO, WINDOWS_AN_HOUR = "billing", 6, 3, 4
COMPANIES = (("acme", "EUR"), ("acme", "USD"), ("blue", "EUR"), ("cyan:x", "EUR"))
TIMINGS = ("early", "on_time", "late")


@dataclass(frozen=True)
class Window:
    """A company's window: its cost, of how many events, and whether it is still open."""

    company: str
    currency: str
    start: datetime
    cost: Decimal
    events: int
    is_open: bool


def fill_billing(connection: Any, now: datetime) -> list[Window]:
    """Insert everything and commit; the tables have no row of this topic. Returns the windows."""
    current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    made = [window for ago in range(HOURS) for window in _windows(current - ago * HOUR, ago)]
    with connection, connection.cursor() as cursor:
        _sums(cursor, made, current)
        _states(cursor, current, now)
        _panes(cursor, made, now)
        _too_late(cursor, current - 2 * HOUR, now)
    return made


def _windows(hour: datetime, ago: int) -> Iterator[Window]:
    for number in range(WINDOWS_AN_HOUR):
        for place, (company, currency) in enumerate(COMPANIES):
            cost = Decimal(f"{(1 + place) * (10 + ago)}.{number}00001") * (-1 if place == 2 and number == 3 else 1)
            is_open = ago == 0 and number >= WINDOWS_AN_HOUR - 2
            yield Window(company, currency, hour + number * 12 * WINDOW, cost, 1 + place, is_open)


def _sums(cursor: Any, made: list[Window], current: datetime) -> None:
    live = [window for window in made if window.start >= current]
    kept = [window for window in made if window.start < current]
    execute_values(
        cursor, "INSERT INTO company_window_realtime (company, currency, window_start, cost, events, generation)"
        " VALUES %s", [(row.company, row.currency, row.start, row.cost, row.events, 7) for row in live])
    execute_values(
        cursor, "INSERT INTO company_window_batch (company, currency, window_start, cost, events) VALUES %s",
        [(row.company, row.currency, row.start, row.cost, row.events) for row in kept])
    hours: dict[tuple[str, str, datetime], list[Window]] = {}
    for row in kept:
        start = row.start.replace(minute=0, second=0)
        hours.setdefault((row.company, row.currency, start), []).append(row)
    execute_values(
        cursor, "INSERT INTO company_hour_batch (company, currency, hour, cost, events) VALUES %s",
        [(*key, sum(row.cost for row in rows), sum(row.events for row in rows)) for key, rows in hours.items()])


def _states(cursor: Any, current: datetime, now: datetime) -> None:
    execute_values(
        cursor, "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
        " VALUES %s", [(TOPIC, current - ago * HOUR, 6, 1, 40, 1, ago > 1) for ago in range(1, HOURS)])
    cursor.execute(
        "INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)"
        " VALUES (%s, %s, 2, 'company_window.cost', 'blue EUR', 1, 2, 'a late event')",
        (TOPIC, current - CORRECTED_AGO * HOUR))
    cursor.execute(
        "INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset, last_append)"
        " VALUES (%s, 0, 0, 900, 900, %s)", (TOPIC, now - timedelta(seconds=4)))
    cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES (%s, 7)", (TOPIC,))
    cursor.execute(
        "INSERT INTO pane_clock (topic, watermark, moved_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (topic) DO UPDATE SET watermark = excluded.watermark", (TOPIC, now - timedelta(seconds=9), now))


def panes_of(window: Window) -> list[tuple[str, Decimal, int]]:
    """Timing, new value, new events of a window's panes: two of a window of one event, else three."""
    if window.is_open:
        return []
    part = window.cost - 1
    panes = [("early", Decimal(1), 1), ("on_time", part, window.events - 1), ("late", Decimal(0), 0)]
    return panes if window.events > 1 else panes[:2]


def _panes(cursor: Any, made: list[Window], now: datetime) -> None:
    rows, pending = [], []
    for window in made:
        total, events, end = Decimal(0), 0, window.start + WINDOW
        each = panes_of(window)
        for number, (timing, value, new) in enumerate(each):
            total, events = total + value, events + new
            rows.append((
                window.company, window.currency, window.start, end, number, timing, number == len(each) - 1, value,
                new, total, events, end + number * timedelta(seconds=31)))
        if window.is_open:
            pending.append((
                window.company, window.currency, window.start, end, window.cost, window.events, window.cost,
                window.events, 0, False, now + timedelta(seconds=8), end))
    execute_values(
        cursor, "INSERT INTO billing_pane (company, currency, window_start, window_end, pane, timing, is_last, value,"
        " events, total_value, total_events, fired_at) VALUES %s", rows)
    execute_values(
        cursor, "INSERT INTO billing_pending (company, currency, window_start, window_end, value, events, total_value,"
        " total_events, panes, on_time, due_at, due_watermark) VALUES %s", pending)


def _too_late(cursor: Any, hour: datetime, now: datetime) -> None:
    execute_values(
        cursor, 'INSERT INTO billing_too_late (partition, "offset", generation, company, currency, window_start,'
        " event_time, event_id, value, watermark, noticed_at, repeat, taken_back, ingest_time) VALUES %s", [
            (1, 50 + number, 7, "acme", "EUR", hour, hour + timedelta(seconds=2), f"e-{number}", Decimal("4.5"),
             hour + 2 * HOUR, now, repeat, False, now) for number, repeat in enumerate((True, False, None))])
