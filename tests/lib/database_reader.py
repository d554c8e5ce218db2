"""Reads the contract's tables and views in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection

from tests.lib.archive_reader import ListedFile
from tests.lib.evidence import DeadLetter, Evidence, Gap, Hour, Span
from tests.lib.folded import View
from tests.lib.pane_reader import read_panes
from tests.lib.streams_told.shapes import EVENT_ID, Peak, RollupTold, StreamTold

KEPT_DAYS = 35


@contextmanager
def snapshot(database_url: str) -> Iterator[connection]:
    """A connection whose reads all see one moment; times are read and given in UTC."""
    session = psycopg2.connect(database_url)
    try:
        session.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with session.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        yield session
    finally:
        session.close()


def known_topics(session: connection) -> list[str]:
    """Every topic of which something was counted."""
    return [topic for (topic,) in rows(session, "SELECT DISTINCT topic FROM stream_offset ORDER BY topic")]


def read_tables(session: connection, told: StreamTold) -> Evidence:
    """Everything the database says of a stream, without the archive's rows and Kafka's messages."""
    topic = told.topic
    evidence = Evidence(
        told,
        offsets={p: Span(first, after) for p, first, after in rows(session, OFFSETS, topic)},
        gaps=[Gap(*row) for row in rows(session, GAPS, topic)],
        dead_letters={
            (partition, offset): DeadLetter(reason, bytes(raw), *others)
            for partition, offset, reason, raw, *others in rows(session, LETTERS, topic)},
        hours={hour: Hour(*state) for hour, *state in rows(session, HOURS, topic)},
        views={table: read_view(session, rollup, table) for rollup in told.rollups for table in rollup.tables},
    )
    if told.panes:
        evidence.panes = read_panes(session, topic)
    if told.recent:
        ((evidence.kept_since_us,),) = rows(session, KEPT_SINCE, KEPT_DAYS)
        evidence.recent = read_recent(session, told)
    return evidence


def read_listed_files(session: connection, topic: str) -> list[ListedFile]:
    """The rows of archive_file that count."""
    return [ListedFile(*row) for row in rows(session, FILES, topic)]


def read_view(session: connection, rollup: RollupTold, table: str) -> View:
    """The rows of a table or view; in a realtime table the key begins with the generation, in a view values end with
    `provisional`.
    """
    names = [sql.Identifier(column) for column in rollup.dimensions]
    for measure in rollup.measures:
        names += [_micros(column) if isinstance(measure, Peak) and column == measure.time_column
                  else sql.Identifier(column) for column in measure.columns]
    first = [sql.Identifier("generation")] if table == rollup.realtime else []
    last = [sql.Identifier("provisional")] if table in (rollup.merged, rollup.hourly_merged) else []
    columns = sql.SQL(", ").join([*first, _micros(rollup.window_column(table)), *names, *last])
    query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table))
    width = len(first) + 1 + len(rollup.dimensions)
    return {row[:width]: (*_measures(rollup, row[width:]), *row[len(row) - len(last):]) for row in rows(session, query)}


def _measures(rollup: RollupTold, columns: tuple[Any, ...]) -> Iterator[Any]:
    place = 0
    for measure in rollup.measures:
        yield measure.read(columns[place : place + len(measure.columns)])
        place += len(measure.columns)


def read_recent(session: connection, told: StreamTold) -> dict[tuple[int, int, int], tuple[Any, ...]]:
    """The rows of the last days' table by time and place; content, arrival, what was added."""
    content = [sql.Identifier(field.name) for field in told.values]
    columns = [
        sql.Identifier("partition"), sql.Identifier("offset"), _micros(told.time.name), *content,
        sql.Identifier(EVENT_ID.name), _micros("ingest_time"), *map(sql.Identifier, told.added)]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), sql.Identifier(told.recent))
    return {(row[2], row[0], row[1]): row[2:] for row in rows(session, query)}


def _micros(column: str) -> sql.Composable:
    return sql.SQL("(extract(epoch FROM {}) * 1000000)::bigint").format(sql.Identifier(column))


OFFSETS = "SELECT partition, first_offset, next_offset FROM stream_offset WHERE topic = %s"
GAPS = "SELECT partition, first_offset, last_offset FROM offset_gap WHERE topic = %s"
LETTERS = """
SELECT
    partition, "offset", reason, raw, raw_size, raw_sha256, (extract(epoch FROM ingest_time) * 1000000)::bigint,
    state = 'replayed'
FROM dead_letter WHERE topic = %s
"""
HOURS = """
SELECT (extract(epoch FROM hour) * 1000000)::bigint, published_generation, final, events, duplicates, conflicts
FROM hour_state WHERE topic = %s
"""
FILES = """
SELECT path, (extract(epoch FROM hour) * 1000000)::bigint, rows, kafka_partition, first_offset, last_offset, generation,
    size, sha256
FROM archive_file WHERE topic = %s AND superseded IS NULL ORDER BY path
"""
KEPT_SINCE = "SELECT (extract(epoch FROM date_trunc('day', now()) - make_interval(days => %s)) * 1000000)::bigint"


def rows(session: connection, statement: Any, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with session.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()
