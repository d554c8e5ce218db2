"""I6: a hash of everything that a second run of any job must leave as it is."""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg2.extensions import connection

from tests.lib.database_reader import snapshot

CONTENTS = {
    "user_metadata": "SELECT id, name, email, quota FROM user_metadata",
    "bytes": "SELECT timestamp, id, type, trim_scale(sum(value)) FROM bytes GROUP BY 1, 2, 3",
    "bytes_batch": "SELECT timestamp, id, type, trim_scale(value::numeric) FROM bytes_batch",
    "bytes_hourly": "SELECT timestamp, id, type, trim_scale(value::numeric) FROM bytes_hourly",
    "usage": "SELECT timestamp, id, type, trim_scale(value::numeric), provisional FROM usage",
    "user_quota_limit": "SELECT email, trim_scale(usage::numeric), quota, timestamp FROM user_quota_limit",
    "stream_offset": "SELECT topic, partition, first_offset, next_offset FROM stream_offset",
    "offset_gap": "SELECT topic, partition, first_offset, last_offset, reason FROM offset_gap",
    "archive_file": "SELECT topic, hour, sum(rows) FROM archive_file WHERE superseded IS NULL GROUP BY 1, 2",
    "dead_letter": 'SELECT topic, partition, "offset", reason, md5(raw) FROM dead_letter',
    "hour_state": "SELECT topic, hour, events, duplicates, final FROM hour_state",
    "proof": """
        SELECT DISTINCT topic, hour, type, trim_scale(batch::numeric), trim_scale(duplicates::numeric), ok FROM proof
    """,
}
"""The contract's tables without generations, revisions, runs, paths and the times of bookkeeping."""


def contents_hash(database_url: str) -> str:
    """One hash over all of it."""
    return hashlib.sha256(repr(sorted(contents(database_url).items())).encode()).hexdigest()


def contents(database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows behind the hash by table, sorted, as text; for a test that wants to show the difference."""
    with snapshot(database_url) as session:
        return {table: _rows(session, statement) for table, statement in CONTENTS.items()}


def _rows(session: connection, statement: str) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute(statement)
        return sorted(tuple(map(str, row)) for row in cursor.fetchall())
