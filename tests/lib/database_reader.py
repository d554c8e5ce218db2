"""Reads the contract's tables and views in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from tests.lib.archive_reader import ListedFile
from tests.lib.evidence import DeadLetter, Evidence, Gap, Hour, Span, SumKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUMS = {
    "bytes": "SELECT timestamp, type, id, sum(value) FROM bytes GROUP BY 1, 2, 3",
    "bytes_batch": "SELECT timestamp, type, id, value FROM bytes_batch",
    "bytes_hourly": "SELECT timestamp, type, id, value FROM bytes_hourly",
    "usage": "SELECT timestamp, type, id, value FROM usage",
    "usage_hourly": "SELECT timestamp, type, id, value FROM usage_hourly",
}


@contextmanager
def snapshot(database_url: str) -> Iterator[connection]:
    """A connection whose reads all see one moment."""
    session = psycopg2.connect(database_url)
    try:
        session.set_session(isolation_level="REPEATABLE READ", readonly=True)
        yield session
    finally:
        session.close()


def read_tables(session: connection, topic: str) -> Evidence:
    """Everything the database says of a topic, without the archive's rows and Kafka's messages."""
    return Evidence(
        offsets={p: Span(first, after) for p, first, after in _rows(session, OFFSETS, topic)},
        gaps=[Gap(*row) for row in _rows(session, GAPS, topic)],
        dead_letters={(p, o): DeadLetter(reason, bytes(raw)) for p, o, reason, raw in _rows(session, LETTERS, topic)},
        hours={_us(hour): Hour(generation, final) for hour, generation, final in _rows(session, HOURS, topic)},
        sums={name: _sums(_rows(session, statement)) for name, statement in SUMS.items()},
    )


def read_listed_files(session: connection, topic: str) -> list[ListedFile]:
    """The rows of archive_file that count."""
    return [ListedFile(path, _us(hour), *others) for path, hour, *others in _rows(session, FILES, topic)]


OFFSETS = "SELECT partition, first_offset, next_offset FROM stream_offset WHERE topic = %s"
GAPS = "SELECT partition, first_offset, last_offset FROM offset_gap WHERE topic = %s"
LETTERS = 'SELECT partition, "offset", reason, raw FROM dead_letter WHERE topic = %s'
HOURS = "SELECT hour, published_generation, final FROM hour_state WHERE topic = %s"
FILES = """
SELECT path, hour, rows, kafka_partition, first_offset, last_offset, generation, size, sha256
FROM archive_file WHERE topic = %s AND superseded IS NULL ORDER BY path
"""


def _rows(session: connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def _sums(rows: list[tuple[Any, ...]]) -> dict[SumKey, int]:
    return {(_us(window), kind, name): int(value) for window, kind, name, value in rows}


def _us(moment: datetime) -> int:
    """
    >>> _us(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - EPOCH) // timedelta(microseconds=1)
