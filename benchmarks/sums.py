"""Partial sums of a slice as the speed layer would commit them: 30,000 rows of a turn, seeded; and tables for them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from benchmarks.bench import WrongAnswer
from metering.arrow.partial import partial_schema
from metering.streams.devices import BYTES, USER

ROWS = 30_000
GENERATION = 5
_FIRST = datetime(2026, 10, 1, tzinfo=UTC)
_MOST = 1 << 32


def sums_of(turn: int, windows: int = 3, new_windows: int = 3) -> pa.Table:
    """ROWS sums of so many windows; from turn to turn they move on by `new_windows`, so that the others come again."""
    ids = ROWS // windows
    drawn = random.Random(turn)
    first = _FIRST + turn * new_windows * timedelta(seconds=BYTES.window_s)
    times = [first + n * timedelta(seconds=BYTES.window_s) for n in range(windows)]
    return pa.table({
        "type": pa.array([USER] * ROWS),
        "timestamp": pa.array([at for at in times for _ in range(ids)], pa.timestamp("us", tz="UTC")),
        "id": pa.array([f"{n:012d}" for n in range(ids)] * windows),
        "value": pa.array([drawn.randrange(_MOST) for _ in range(ROWS)], pa.int64()),
    }).cast(partial_schema(BYTES))


def value_of(sums: pa.Table) -> int:
    """The sum of all the values."""
    return int(pc.sum(sums["value"]).as_py())


@dataclass(frozen=True)
class Keyed:
    """A table with the key, the indexes and the storage of the realtime table, or that table itself."""

    connection: Connection
    name: str = BYTES.realtime

    def make(self) -> Keyed:
        """Create it like the realtime table."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE relname = %s",
                           (BYTES.realtime,))
            (options,) = cursor.fetchone() or (None,)
            cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL){}").format(
                self._identifier, sql.Identifier(BYTES.realtime),
                sql.SQL(f" WITH ({options})" if options else "")))
        return self

    def check(self, side: str, rows: int, value: int) -> None:
        """Raise WrongAnswer where it holds other rows or another sum."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*), sum(value) FROM {}").format(self._identifier))
            found = cursor.fetchone()
        if found != (rows, value):
            raise WrongAnswer(f"{side} left {found} where {rows} rows of {value} were wanted")

    @property
    def _identifier(self) -> sql.Identifier:
        return sql.Identifier(self.name)
