"""R6: adding 30,000 sums to the realtime table beside copying them into a table of the same key.

The sides take turns on one connection, each turn one committed transaction, from an Arrow table to rows that survive.
All new: none of the keys is there. All conflicting: every key is there, and the sums are added. COPY can only do the
first. Both tables grow equally; rows and sums are compared after every turn.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from itertools import count

import pyarrow as pa
import pyarrow.csv as pacsv
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from benchmarks.bench import Figure, Found, Room, Side, ratios, take_turns, timed
from benchmarks.databases import fresh_database
from benchmarks.sums import GENERATION, ROWS, Keyed, sums_of, value_of
from metering.store.connection import connect
from metering.store.rollups import add_sums
from metering.streams.devices import BYTES


def measure(room: Room) -> Found:
    """Sums a second of COPY, of all new sums, and of the same again."""
    with closing(connect(fresh_database(room.settings.database_url), "bench")) as connection:
        taken = take_turns(sides(connection), room)
    copied = taken["copy"]
    figures = (
        Figure("R6", "upsert of all new / COPY", ratios(taken["all new"], copied), at_least=0.75),
        Figure("R6", "upsert of all conflicting / COPY", ratios(taken["all conflicting"], copied), at_least=0.5),
    )
    return Found(taken, figures, {"rows": ROWS})


def sides(connection: Connection) -> tuple[Side, Side, Side]:
    """COPY into a table of its own, and our two cases."""
    plain, ours = Keyed(connection, "plain").make(), Keyed(connection)
    return (
        Side("copy", "rows/s", _turn(plain, lambda sums: copy(connection, plain.name, sums), earlier=1, now=1)),
        Side("all new", "rows/s", _turn(ours, lambda sums: add(connection, sums), earlier=2, now=1)),
        Side("all conflicting", "rows/s", _turn(ours, lambda sums: add(connection, sums), earlier=2, now=2)),
    )


def _turn(table: Keyed, work: Callable[[pa.Table], object], *, earlier: int, now: int) -> Callable[[], float]:
    """Rows a second of the work. Then the table holds earlier turns' sums `earlier` times, this one's `now` times."""
    turns = count()
    past = 0

    def turn() -> float:
        nonlocal past
        number = next(turns)
        sums = sums_of(number)
        seconds = timed(lambda: work(sums))
        table.check(table.name, (number + 1) * ROWS, earlier * past + now * value_of(sums))
        past += value_of(sums)
        return ROWS / seconds

    return turn


def add(connection: Connection, sums: pa.Table) -> None:
    """Our upsert, committed."""
    with connection, connection.cursor() as cursor:
        add_sums(cursor, BYTES, sums, GENERATION)


def copy(connection: Connection, table: str, sums: pa.Table) -> None:
    """COPY in one piece, committed. The session is in UTC, so the times need no zone; spelling one costs time."""
    times = sums["timestamp"].cast(pa.timestamp("us"))
    rows = sums.set_column(1, "timestamp", times).add_column(0, "generation", pa.array([GENERATION] * len(sums)))
    text = io.BytesIO()
    pacsv.write_csv(rows, text, pacsv.WriteOptions(include_header=False))
    text.seek(0)
    into = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows.column_names)))
    with connection, connection.cursor() as cursor:
        cursor.copy_expert(into, text)
