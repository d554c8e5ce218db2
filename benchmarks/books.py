"""How the questions that look at the books of all hours grow with the hours that were ever published."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial

import psycopg2
from psycopg2.extensions import cursor as Cursor

from batch_layer.compact import WHOLE_ROWS
from benchmarks.bench import timed
from metering.store import compaction, rotation
from metering.streams.devices import ANTENNA, APP, DEVICES, USER

RECENT_FILES = 96
"""Files of the hour under way: four partitions, a slice every five seconds, for two minutes."""

_STATES = """
INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, first_arrival)
SELECT %(topic)s, %(first)s + h * INTERVAL '1 hour', h + 1, 1, 1000000, 0, h < %(hours)s - 2,
       %(first)s + h * INTERVAL '1 hour'
FROM generate_series(0, %(hours)s - 1) AS h
"""
_COMPACTED = """
INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256, first_ingest, partition_rows)
SELECT topic || '/' || published_generation, topic, hour, 1000000, published_generation, 28000000, '', hour,
       '{"0": 250000, "1": 250000, "2": 250000, "3": 250000}'
FROM hour_state WHERE topic = %(topic)s
"""
_RECENT = """
INSERT INTO archive_file (path, topic, hour, rows, kafka_partition, generation, size, sha256, first_ingest)
SELECT topic || '/new/' || n, topic, hour, 125000, n %% 4, published_generation + 1, 3500000, '', hour
FROM hour_state, generate_series(1, %(recent)s) AS n
WHERE topic = %(topic)s ORDER BY hour DESC LIMIT %(recent)s
"""
_PROOFS = """
INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, generation, proved_at)
SELECT published_generation, topic, hour, type, 1, 1, 1, 0, TRUE, published_generation, hour
FROM hour_state, unnest(%(types)s) AS type WHERE topic = %(topic)s
"""
_RUNS = """
INSERT INTO batch_run (topic, sealed_generation, started_at, finished_at, hours_published, status)
SELECT topic, published_generation, hour + INTERVAL '75 minutes', hour + INTERVAL '76 minutes', 1, 'done'
FROM hour_state WHERE topic = %(topic)s
"""
_GENERATION = "INSERT INTO stream_generation (topic, generation) VALUES (%(topic)s, %(hours)s + 2)"
_TABLES = ("hour_state", "archive_file", "proof", "batch_run")


def fill_books(url: str, hours: int, before: datetime) -> None:
    """The books of so many published, compacted hours before a moment; no sums and no files on disk."""
    first = before.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    known = {"topic": DEVICES.topic, "hours": hours, "first": first, "types": [USER, APP, ANTENNA]}
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for made in (_STATES, _COMPACTED, _PROOFS, _RUNS, _GENERATION):
                cursor.execute(made, known)
            for table in _TABLES:
                cursor.execute(f"VACUUM (ANALYZE) {table}")


def question_times(url: str, hours: int, now: datetime, repeats: int = 7) -> dict[str, float]:
    """Median milliseconds of each question, with the files of an hour under way beside; nothing stays changed."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(_RECENT, {"topic": DEVICES.topic, "recent": RECENT_FILES})
        cursor.execute("ANALYZE archive_file")
        asked = {name: _median_ms(partial(ask, cursor), repeats) for name, ask in _batch(hours).items()}
        connection.commit()
    return asked | {name: _median_ms(ask, repeats) for name, ask in _pages(url, now).items()}


def _median_ms(ask: Callable[[], object], repeats: int) -> float:
    return round(statistics.median([timed(ask) for _ in range(repeats + 1)][1:]) * 1000, 2)


def _batch(hours: int) -> dict[str, Callable[[Cursor], object]]:
    topic, sealed = DEVICES.topic, hours + 2
    return {
        "batch: touched hours": lambda cursor: rotation.touched_hours(cursor, topic, sealed, by_metadata=True),
        "batch: open hours": lambda cursor: rotation.open_hours(cursor, topic),
        "batch: make final": lambda cursor: [
            rotation.make_final(cursor, topic, hour, sealed) for hour in rotation.open_hours(cursor, topic)],
        "batch: compaction candidates": lambda cursor: compaction.candidates(
            cursor, topic, many=64, whole_rows=WHOLE_ROWS),
        "batch: superseded files": lambda cursor: compaction.drop_superseded(cursor, topic, 3600),
        "batch: hours that wait": rotation.count_waiting,
        "vacuum: all listed paths": lambda cursor: compaction.listed_paths(cursor, topic),
    }


def _pages(url: str, now: datetime) -> dict[str, Callable[[], object]]:
    """What pages ask of the books, through Django."""
    from django.db import connections

    from serving.database import django_database
    from serving.start import start_django

    start_django()
    connections["default"].close()
    connections["default"].settings_dict.update(django_database(url))
    from serving.queries import balance, freshness, health, proof
    from serving.queries.streams import every_topic
    from serving.ranges import parse_range

    topics, day = every_topic(), parse_range("now-1d", "", "", now)
    return {
        "pages: freshness": lambda: freshness.freshness_of(topics, now),
        "pages: offset balance": lambda: balance.balances(topics),
        "pages: health": lambda: health.health(now),
        "pages: proof of a day": lambda: proof.hour_proofs(day, topics),
    }
