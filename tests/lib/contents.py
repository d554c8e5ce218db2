"""I6: a hash of everything that a second run of any job must leave as it is, of every stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from psycopg2.extensions import connection

from tests.lib.database_reader import read_recent, read_view, rows, snapshot
from tests.lib.folded import View, merge
from tests.lib.streams_told import TOLD
from tests.lib.streams_told.shapes import RollupTold, StreamTold

Rows = list[tuple[str, ...]]

CONTENTS = {
    "user_metadata": "SELECT id, name, email, quota FROM user_metadata",
    "user_quota_limit": "SELECT email, usage, quota, timestamp FROM user_quota_limit",
    "hour_quota": "SELECT topic, hour, id, email, quota FROM hour_quota",
    "unmapped_user": "SELECT topic, hour, id FROM unmapped_user",
    # A partition that a job has met and counted nothing of holds nothing yet.
    "stream_offset": """
        SELECT topic, partition, first_offset, next_offset FROM stream_offset WHERE next_offset > first_offset
    """,
    "offset_gap": "SELECT topic, partition, first_offset, last_offset, reason FROM offset_gap",
    "archive_file": "SELECT topic, hour, sum(rows) FROM archive_file WHERE superseded IS NULL GROUP BY 1, 2",
    "dead_letter": """
        SELECT topic, partition, "offset", reason, md5(raw), raw_size, raw_sha256, field, found, hint, state
        FROM dead_letter
    """,
    "hour_state": "SELECT topic, hour, events, duplicates, conflicts, final FROM hour_state",
    "hour_correction": "SELECT topic, hour, type, key_id, old, new FROM hour_correction",
    "proof": "SELECT DISTINCT topic, hour, type, batch, duplicates, ok FROM proof",
    "panes": """
        SELECT company, currency, window_start, sum(value), sum(events)
        FROM (
            SELECT company, currency, window_start, value, events FROM billing_pane
            UNION ALL SELECT company, currency, window_start, value, events FROM billing_pending
        ) AS held
        GROUP BY 1, 2, 3 HAVING sum(value) <> 0 OR sum(events) <> 0
    """,
    "billing_too_late": """
        SELECT partition, "offset", taken_back, company, currency, window_start, value, repeat FROM billing_too_late
    """,
    "tariff": "SELECT name, valid_from, sha256 FROM tariff",
    "rated_line": """
        SELECT tariff, valid_from, customer, period, period_end, currency, quantity, fixed, rounding, amount
        FROM rated_line
    """,
    "rated_hour": "SELECT tariff, valid_from, customer, period, hour, quantity, amount FROM rated_hour",
    "invoice": "SELECT number, kind, corrects, customer, period, period_end, currency, total FROM invoice",
    "invoice_line": """
        SELECT number, position, tariff, valid_from, subject, quantity, fixed, rounding, amount, old, new
        FROM invoice_line
    """,
    "invoice_hour": "SELECT number, position, hour, topic, quantity, amount, old, new FROM invoice_hour",
    "alert": "SELECT rule, id, currency, period_start, period_end, state FROM alert",
}
"""The tables beside those of rollups, without generations, revisions, runs, paths and the times of bookkeeping.

Panes fire as time goes by, so of them only what they hold together is kept.
"""


def contents_hash(database_url: str) -> str:
    """One hash over all of it."""
    return hashlib.sha256(repr(sorted(contents(database_url).items())).encode()).hexdigest()


def contents(database_url: str) -> dict[str, Rows]:
    """The rows behind the hash by table, sorted, as text; for a test that wants to show the difference."""
    with snapshot(database_url) as session:
        found = {table: rows(session, statement) for table, statement in CONTENTS.items()}
        found |= dict(_views(session))
    return {table: sorted(tuple(map(_text, row)) for row in of_table) for table, of_table in found.items()}


def _views(session: connection) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The tables and views of every rollup, and the last days' rows."""
    for told in TOLD.values():
        for rollup in told.rollups:
            for table in rollup.tables:
                view = read_view(session, rollup, table)
                whole = _without_generation(rollup, view) if table == rollup.realtime else view
                yield table, [(*key, *values) for key, values in whole.items()]
        if told.recent:
            yield told.recent, [_timeless(told, row) for row in read_recent(session, told).values()]


def _timeless(told: StreamTold, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without what depends on the moment at which a row was counted: how old a score was then."""
    names = [*told.content._fields, "ingest_time", *told.added]
    return tuple(value for name, value in zip(names, row, strict=True) if name != "score_age_s")


def _without_generation(rollup: RollupTold, view: View) -> View:
    return merge(rollup, ({key[1:]: values} for key, values in view.items()))


def _text(value: Any) -> str:
    """A number one way only, whatever its scale; a time in UTC."""
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
