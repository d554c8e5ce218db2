"""PostgreSQL merges sums, maxima and their times as the reference does, whatever slice and generation they came in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from metering.arrow.decode import decode
from metering.arrow.partial import partial_sums
from metering.domain.event import Event
from metering.domain.fold import View, fold
from metering.domain.rollup import HOUR_S, Rollup
from metering.store.rollups import add_sums, copy_rows
from metering.streams import STREAMS
from tests.spec.engines import batch_of
from tests.spec.test_sample_laws import NOW_S, RULES, STREAM, good, judged, numbered

pytestmark = pytest.mark.stack

few = st.sampled_from([None, 0, 50, 50.001])
tied = good.flatmap(lambda one: st.tuples(few, few, st.integers(NOW_S - 40, NOW_S)).map(
    lambda found: one | {"cpu": found[0], "ram": found[1], "disk": found[0], "timestamp": found[2]}))


@pytest.mark.parametrize("rollup", STREAMS["resource_usage"].rollups, ids=lambda rollup: rollup.name)
@given(samples=st.lists(tied, max_size=14), seed=st.integers(0, 2**16))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_into_slices_generations_and_batch_reads_as_the_whole(
    connection: Connection, rollup: Rollup, samples: list[dict[str, object]], seed: int
) -> None:
    raws = [json.dumps(one).encode() for one in samples]
    rows = decode(STREAM, batch_of(STREAM, numbered(raws)), RULES).accepted
    cuts = sorted(random.Random(seed).choices(range(rows.num_rows + 1), k=3))
    pieces = [rows.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, rows.num_rows], strict=True)]
    published, *slices = [partial_sums(STREAM, rollup, piece) for piece in pieces]

    for table in (rollup.realtime, rollup.batch):
        with transaction(connection) as cursor:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  the declaration's own name
    with transaction(connection) as cursor:
        copy_rows(cursor, rollup.batch, "incoming_published", published)
        columns = ", ".join(rollup.columns)
        cursor.execute(f"INSERT INTO {rollup.batch} ({columns}) SELECT {columns} FROM incoming_published")  # noqa: S608
    for generation, sums in zip((2, 2, 3), slices, strict=True):
        with transaction(connection) as cursor:
            add_sums(cursor, rollup, sums, generation)
    by_window = read(connection, rollup, rollup.merged, rollup.window_column)
    by_hour = read(connection, rollup, str(rollup.hourly_merged), rollup.hour_column)

    events = [one for one in judged(numbered(raws)) if isinstance(one, Event)]
    assert by_window == fold(rollup, events)
    if not published.num_rows:
        assert by_hour == fold(rollup, events, HOUR_S)


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """One transaction on a connection that otherwise commits each statement."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def read(connection: Connection, rollup: Rollup, table: str, window: str) -> View:
    """A view of the database in the shape of the reference's."""
    columns = ", ".join((window, *rollup.dimensions, *(measure.column for measure in rollup.measures)))
    key = 1 + len(rollup.dimensions)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")  # noqa: S608  the declaration's own names
        found = [[_micros(value) for value in row] for row in cursor.fetchall()]
    return {tuple(row[:key]): tuple(row[key:]) for row in found}


def _micros(value: object) -> object:
    return round(value.timestamp() * 1_000_000) if hasattr(value, "timestamp") else value
