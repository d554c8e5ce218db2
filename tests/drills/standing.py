"""Holds rows from outside, so that a slice or a publish stands still in the middle of its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import psycopg2
from psycopg2.extensions import cursor as Cursor

from tests.lib.layers import Deployment
from tests.lib.running import until

_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_REVISE = "UPDATE hour_state SET revision = revision + %(by)s WHERE topic = %(topic)s AND hour = %(hour)s"
_KNOW = """
    INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)
    VALUES (%(topic)s, %(hour)s, 0, 1, 0, 0, false)
"""
_FORGET = "DELETE FROM hour_state WHERE topic = %(topic)s AND hour = %(hour)s AND published_generation = 0"


@contextmanager
def ledger_row_held(layers: Deployment, topic: str, partition: int) -> Iterator[Cursor]:
    """Hold a partition's row of the ledger until the end, which commits what was done on the cursor."""
    with closing(psycopg2.connect(layers.database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT next_offset FROM stream_offset WHERE topic = %s AND partition = %s FOR UPDATE", (topic, partition))
        yield cursor


@contextmanager
def hour_published_beside(layers: Deployment, topic: str, hour: datetime) -> Iterator[None]:
    """Another run publishes the hour, and commits at the end: a publish begun meanwhile waits, and is overtaken.

    Afterwards the hour is as it was.
    """
    place: dict[str, object] = {"topic": topic, "hour": hour}
    with closing(psycopg2.connect(layers.database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_REVISE, place | {"by": 1})
        known = cursor.rowcount == 1
        if not known:
            cursor.execute(_KNOW, place)
        yield
    with closing(psycopg2.connect(layers.database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_REVISE if known else _FORGET, place | {"by": -1})


@contextmanager
def hour_written_beside(layers: Deployment, topic: str, hour: datetime) -> Iterator[None]:
    """Someone writes the hour and takes it back at the end: a publish begun meanwhile waits, and then goes on."""
    place: dict[str, object] = {"topic": topic, "hour": hour}
    with closing(psycopg2.connect(layers.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(_REVISE, place | {"by": 1})
        if not cursor.rowcount:
            cursor.execute(_KNOW, place)
        yield
        connection.rollback()


def wait_for_waiting(layers: Deployment, transactions: int) -> None:
    """Wait until so many transactions of the deployment wait for a lock."""
    until(lambda: layers.rows(_WAITING)[0][0] >= transactions, f"{transactions} transactions wait for a lock", 60)


def waiting(layers: Deployment) -> int:
    """Transactions of the deployment that wait for a lock."""
    return int(layers.rows(_WAITING)[0][0])
