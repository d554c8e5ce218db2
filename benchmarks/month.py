"""A database as it is after a month: 1,000 users, published hours, an hour under way, and the books beside them."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import psycopg2
from psycopg2.extensions import cursor as Cursor

from metering.streams.devices import ANTENNA, APP, DEVICES, USER

HOURS, USERS = 720, 1000
LIVE_HOURS = 2
"""Hours that still have realtime rows: the one under way and the one before it."""

_WINDOWS = """
INSERT INTO bytes_batch (timestamp, id, value, type)
SELECT %(first)s + h * INTERVAL '1 hour' + w * INTERVAL '5 minutes', %(prefix)s || to_char(k, 'FM000000'),
       1000 + (random() * 40000000)::bigint, %(type)s
FROM generate_series(0, %(hours)s - 1) AS h, generate_series(1, %(keys)s) AS k, generate_series(0, 11) AS w
WHERE random() < %(share)s
ORDER BY h
"""
_BY_HOUR = """
INSERT INTO bytes_hourly (timestamp, id, value, type)
SELECT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch'), id, sum(value), type
FROM bytes_batch GROUP BY 1, 2, 4 ORDER BY 1
"""
_LIVE = """
INSERT INTO bytes (timestamp, id, value, type, generation)
SELECT timestamp, id, 500, type, %(generation)s FROM bytes_batch WHERE timestamp >= %(from)s
"""
_USERS = """
INSERT INTO user_metadata (id, name, email, quota)
SELECT 'u' || to_char(k, 'FM000000'), 'User ' || k, 'u' || k || '@example.com', 200000000
FROM generate_series(1, %(users)s) AS k
"""
_STATES = """
INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, first_arrival)
SELECT %(topic)s, %(first)s + h * INTERVAL '1 hour', h + 1, 1, 1000000, 0, h < %(hours)s - %(live)s,
       %(first)s + h * INTERVAL '1 hour'
FROM generate_series(0, %(hours)s - 1) AS h
"""
_FILES = """
INSERT INTO archive_file (path, topic, hour, rows, kafka_partition, generation, size, sha256, partition_rows)
SELECT 'devices/' || h || '/' || f, %(topic)s, %(first)s + h * INTERVAL '1 hour', 250000, f %% 4, h + 1, 7000000, '',
       '{}'
FROM generate_series(0, %(hours)s - 1) AS h, generate_series(1, %(files)s) AS f
"""
_QUOTAS = """
INSERT INTO hour_quota (topic, hour, id, email, quota)
SELECT %(topic)s, u.timestamp, u.id, m.email, m.quota
FROM bytes_hourly AS u INNER JOIN user_metadata AS m USING (id) WHERE u.type = %(type)s
"""
_VIOLATIONS = """
INSERT INTO user_quota_limit (email, usage, quota, timestamp)
SELECT q.email, u.value, q.quota, u.timestamp
FROM bytes_hourly AS u INNER JOIN hour_quota AS q ON q.hour = u.timestamp AND q.id = u.id
WHERE u.type = %(type)s AND u.value > q.quota
"""
_PROOFS = """
INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, generation)
SELECT row_number() OVER (ORDER BY timestamp), %(topic)s, timestamp, type, sum(value), sum(value), sum(value),
       0, TRUE, 1
FROM bytes_hourly GROUP BY timestamp, type
"""
_RUNS = """
INSERT INTO batch_run (topic, sealed_generation, started_at, finished_at, hours_published, status)
SELECT topic, published_generation, hour + INTERVAL '75 minutes', hour + INTERVAL '76 minutes', 1,
       'done' FROM hour_state
"""
_OFFSETS = """
INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset, last_append)
SELECT %(topic)s, p, 0, 250000::bigint * %(hours)s, 250000::bigint * %(hours)s, now() FROM generate_series(0, 3) AS p
"""
_CORRECTIONS = """
INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)
SELECT %(topic)s, timestamp, 2, type, id, value, value + 1, 'events came after the hour was final'
FROM bytes_hourly WHERE random() < 0.002 AND timestamp < %(from)s
"""
_TABLES = (
    "bytes", "bytes_batch", "bytes_hourly", "user_metadata", "hour_state", "archive_file", "hour_quota",
    "user_quota_limit", "proof", "batch_run", "hour_correction")


def fill(url: str, now: datetime, *, hours: int = HOURS, users: int = USERS, files: int = 4) -> None:
    """Seeded hours up to `now`: users active in one window of four, all apps and antennas; the tables vacuumed."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    known = {
        "topic": DEVICES.topic, "first": first, "hours": hours, "users": users, "live": LIVE_HOURS, "files": files,
        "type": USER, "from": first + timedelta(hours=hours - LIVE_HOURS), "generation": hours + 1}
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
            _fill_windows(cursor, known, users)
            for made in (_BY_HOUR, _USERS, _STATES, _FILES, _QUOTAS, _VIOLATIONS, _PROOFS, _RUNS, _OFFSETS,
                         _CORRECTIONS, _LIVE):
                cursor.execute(made, known)
            for table in _TABLES:
                cursor.execute(f"VACUUM (ANALYZE) {table}")


def _fill_windows(cursor: Cursor, known: dict[str, object], users: int) -> None:
    for of_type, prefix, keys, share in ((USER, "u", users, 0.25), (APP, "app", 12, 1.0), (ANTENNA, "ant", 30, 1.0)):
        cursor.execute(_WINDOWS, known | {"type": of_type, "prefix": prefix, "keys": keys, "share": share})

