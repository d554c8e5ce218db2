"""The batch view as it is published: a day of it with its books, or all of it, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from metering.domain.fold import Value, View
from metering.domain.rollup import Rollup
from metering.sql import statement
from metering.store.connection import connect, only_row, reaching_postgresql
from metering.store.rollups import identifiers
from metering.store.rotation import HOUR, ListedFile, listed_files

DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANY_GENERATION = 2**62
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Day:
    """A UTC day of one rollup in one snapshot. `published`: hour → the generation it was published with.

    `files` are those that count for any of its hours, published or not.
    """

    published: dict[datetime, int]
    files: Sequence[ListedFile]
    rows: View


@contextmanager
def snapshot(database_url: str, layer: str) -> Iterator[Cursor]:
    """A session of its own whose statements all see one instant. Raises ServiceAway."""
    with closing(connect(database_url, layer)) as connection:
        with reaching_postgresql(), connection, connection.cursor() as cursor:
            cursor.execute(statement("batch/one_snapshot"))
            yield cursor


def read_day(cursor: Cursor, topic: str, rollup: Rollup, day: datetime) -> Day:
    """The day that begins at `day`, of the cursor's snapshot."""
    span = {"start": day, "end": day + DAY}
    cursor.execute(statement("batch/published_hours"), {"topic": topic, **span})
    published = dict(cursor.fetchall())
    files = listed_files(cursor, topic, [day + HOUR * number for number in range(24)], _ANY_GENERATION)
    query = statement(
        "batch/view_of_span", columns=identifiers(rollup.columns), table=sql.Identifier(rollup.batch),
        window=sql.Identifier(rollup.window_column))
    cursor.execute(query, span)
    return Day(published, files, dict(_view_row(rollup, row) for row in cursor))


def _view_row(rollup: Rollup, row: Sequence[Any]) -> tuple[tuple[object, ...], tuple[Value, ...]]:
    """Times in epoch microseconds, as the reference has them."""
    values = dict(zip(rollup.columns, map(_plain, row), strict=True))
    key = (values[rollup.window_column], *(values[column] for column in rollup.dimensions))
    return key, tuple(values[measure.column] for measure in rollup.measures)


def _plain(value: Any) -> Any:
    return (value - _EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


def published_state(cursor: Cursor, topic: str) -> tuple[int, int]:
    """All revisions of the topic's hours together, and how many are published: no publish leaves both as they are."""
    cursor.execute(statement("batch/state_of_view"), {"topic": topic})
    revisions, hours = only_row(cursor)
    return int(revisions), int(hours)


def values_of(cursor: Cursor, rollup: Rollup, by: str) -> set[str]:
    """The values of the dimension `by` in the batch view."""
    cursor.execute(statement("batch/values_of_view", by=sql.Identifier(by), table=sql.Identifier(rollup.batch)))
    return {value for (value,) in cursor.fetchall()}


def rows_by_value(
    cursor: Cursor, rollup: Rollup, by: str, columns: Sequence[str]
) -> Iterator[tuple[str, Iterable[Sequence[Any]]]]:
    """Each value of the dimension `by` with `columns` of its rows, sorted by time, from the server as they are taken.

    Within the cursor's own transaction and snapshot. A value's rows are gone once the next value is asked for.
    """
    connection: Connection = cursor.connection
    with connection.cursor("rows_by_value") as rows:
        rows.itersize = _ROWS_AT_ONCE
        rows.execute(statement(
            "batch/rows_by_value", columns=identifiers([by, *columns]), table=sql.Identifier(rollup.batch),
            by=sql.Identifier(by), window=sql.Identifier(rollup.window_column)))
        for value, group in groupby(rows, key=lambda row: str(row[0])):
            yield value, (row[1:] for row in group)
