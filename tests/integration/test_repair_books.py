"""What a repair reads of the books, and the one row it moves, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from metering.arrow.schemas import added_schema, event_schema
from metering.domain.archive_file import RowSpan
from metering.store.compaction import Raced
from metering.store.repair import CountingRow, Restored, counting_rows, dead_offsets, recorded_rows, relist
from metering.store.rotation import touched_hours
from metering.streams.listens import LISTENS
from tests.lib.sample_plays import insert_plays, plays

pytestmark = pytest.mark.stack

TOPIC = "devices"
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
NEW = Restored(f"{TOPIC}/new.parquet", 77, "new digest", {0: RowSpan(10, 19, 5), 3: RowSpan(1, 2, 1)})
LIST = """
    INSERT INTO archive_file
        (path, topic, hour, rows, kafka_partition, first_offset, last_offset, generation, size, sha256, spans)
    VALUES (%s, 'devices', %s, 6, %s, %s, %s, 2, 100, 'digest', %s)
"""
LETTER = 'INSERT INTO dead_letter (topic, partition, "offset", reason, raw) VALUES (%s, %s, %s, %s, %s)'


@pytest.fixture
def cursor(database_url: str) -> Iterator[Cursor]:
    """In a transaction that is rolled back: a file of a slice, a compacted one, and an older compacted one."""
    with closing(psycopg2.connect(database_url)) as opened, opened.cursor() as cursor:
        cursor.execute("INSERT INTO stream_generation (topic, generation, topic_id) VALUES ('devices', 5, 'id')")
        cursor.execute(LIST, ("devices/slice.parquet", HOUR, 2, 10, 19, "{}"))
        cursor.execute(LIST, ("devices/whole.parquet", HOUR, None, None, None, '{"0": [10, 19, 5], "3": [1, 2, 1]}'))
        cursor.execute(LIST, ("devices/unknown.parquet", HOUR + timedelta(hours=1), None, None, None, "{}"))
        yield cursor


def place_of(row: dict[str, Any]) -> tuple[int, int]:
    return row["partition"], row["offset"]


def counting(cursor: Cursor) -> dict[str, CountingRow]:
    return {row.path.removeprefix("devices/"): row for row in counting_rows(cursor, TOPIC)}


def test_each_file_that_counts_tells_where_its_rows_lie(cursor: Cursor) -> None:
    cursor.execute("UPDATE archive_file SET superseded = now() WHERE path = 'devices/unknown.parquet'")
    assert counting(cursor).keys() == {"slice.parquet", "whole.parquet"}

    cursor.execute("UPDATE archive_file SET superseded = NULL")
    assert {path: row.known_spans for path, row in counting(cursor).items()} == {
        "slice.parquet": {2: RowSpan(10, 19, 6)},
        "whole.parquet": {0: RowSpan(10, 19, 5), 3: RowSpan(1, 2, 1)},
        "unknown.parquet": {},
    }


def test_an_hour_that_failed_is_marked_and_touched_until_it_is_published_though_nothing_is_new(cursor: Cursor) -> None:
    cursor.execute(
        "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, failed) "
        "VALUES ('devices', %s, 2, 1, 6, 0, false, 'damaged'), ('devices', %s, 2, 1, 6, 0, false, '')",
        (HOUR, HOUR + timedelta(hours=1)))

    assert {path: row.failed for path, row in counting(cursor).items()} == {
        "slice.parquet": True, "whole.parquet": True, "unknown.parquet": False}
    assert touched_hours(cursor, TOPIC, 4, by_metadata=False) == [HOUR]


def test_rejected_messages_stay_out_and_conflicts_do_not(cursor: Cursor) -> None:
    for partition, offset, reason in ((2, 9, "PARSE"), (2, 10, "FUTURE"), (2, 15, "CONFLICT"), (2, 19, "SIZE"),
                                      (2, 20, "PARSE"), (1, 15, "PARSE")):
        cursor.execute(LETTER, (TOPIC, partition, offset, reason, b"x"))

    assert dead_offsets(cursor, TOPIC, 2, RowSpan(10, 19, 6)).tolist() == [10, 19]
    assert dead_offsets(cursor, TOPIC, 0, RowSpan(10, 19, 6)).tolist() == []


@pytest.mark.parametrize("damaged", ["slice.parquet", "whole.parquet"])
def test_the_row_moves_to_the_restored_file_and_keeps_what_it_counts_for(cursor: Cursor, damaged: str) -> None:
    before = counting(cursor)[damaged]

    relist(cursor, TOPIC, before, NEW, is_present=lambda: True)

    after = counting(cursor)
    assert damaged not in after
    moved = after["new.parquet"]
    assert (moved.size, moved.sha256) == (77, "new digest")
    assert (moved.rows, moved.generation, moved.hour, moved.first_ingest, moved.listed_at) == (
        before.rows, before.generation, before.hour, before.first_ingest, before.listed_at)
    assert moved.known_spans == before.known_spans


@pytest.mark.parametrize("meanwhile", [
    "UPDATE archive_file SET superseded = now() WHERE path = 'devices/slice.parquet'",
    "UPDATE archive_file SET path = 'devices/other.parquet' WHERE path = 'devices/slice.parquet'",
    "UPDATE archive_file SET sha256 = 'other' WHERE path = 'devices/slice.parquet'",
    "DELETE FROM archive_file WHERE path = 'devices/slice.parquet'",
])  # fmt: skip
def test_a_row_that_changed_meanwhile_is_left(cursor: Cursor, meanwhile: str) -> None:
    damaged = counting(cursor)["slice.parquet"]
    cursor.execute(meanwhile)
    before = counting(cursor)

    with pytest.raises(Raced):
        relist(cursor, TOPIC, damaged, NEW, is_present=lambda: True)

    assert counting(cursor) == before


def test_a_file_that_a_vacuum_took_is_not_listed(cursor: Cursor) -> None:
    before = counting(cursor)

    with pytest.raises(Raced, match="was removed before it was listed"):
        relist(cursor, TOPIC, before["slice.parquet"], NEW, is_present=lambda: False)

    assert counting(cursor) == before


def test_what_was_added_to_events_comes_back_as_it_was_recorded(connection: Connection, cursor: Cursor) -> None:
    kept = [row for row in plays(600, 3, HOUR, HOUR + timedelta(hours=2)) if row["partition"] in (0, 1)]
    insert_plays(connection, kept)
    said = event_schema(LISTENS)
    schema = pa.schema([said.field("partition"), said.field("offset"), *added_schema(LISTENS)])
    last = max(row["offset"] for row in kept if row["partition"] == 0)

    found = recorded_rows(cursor, LISTENS, HOUR, {0: RowSpan(3, last - 1, 9), 1: RowSpan(0, 50, 9)}, schema)

    wanted = [
        {name: row[name] for name in schema.names} for row in kept
        if row["timestamp"] < HOUR + timedelta(hours=1)
        and (3 <= row["offset"] < last if row["partition"] == 0 else row["offset"] <= 50)]
    assert wanted
    assert sorted(found.to_pylist(), key=place_of) == sorted(wanted, key=place_of)
    assert found.schema == schema
