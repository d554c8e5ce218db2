"""A customer of every subject, rated by the batch layer's own rating: events in an archive, hourly sums counted from
them, tariffs of every price model.

The sums are those of `metering.arrow`, as the batch layer takes them; the lines are written by `batch_layer.rate`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, execute_values

from batch_layer.rate import Rating
from metering.arrow.distinct import distinct_rows
from metering.arrow.files import split_by_hour
from metering.arrow.partial import partial_sums
from metering.domain.billing.tariffs import version_of
from metering.domain.rollup import HOUR_S, Rollup
from metering.domain.stream import Stream
from metering.store.locked_session import LockedSession
from metering.streams import STREAMS
from tests.lib.archiving import archive, events

START = datetime(2026, 2, 27, tzinfo=UTC)
HOURS, EVENTS = 96, 900
NAMES = ("acme", "blue", "cyan")
TOPICS = ("devices", "resource_usage", "billing")
TIERS = [{"up_to": "0.002", "price": "50"}, {"price": "30", "fee": "0.1"}]
TARIFFS = [  # name, valid_from, subject, of, period, unit, price, rounding
    ("per-unit", "2026-01-01", "user_bytes", "", "month", "1000000", {"model": "per_unit", "price": "0.07"}, "line"),
    ("graduated", "2026-01-01", "app_bytes", "", "month", "1000000000", {"model": "graduated", "tiers": TIERS}, "line"),
    ("graduated", "2026-02-28", "app_bytes", "", "month", "1000000000", {"model": "volume", "tiers": TIERS}, "line"),
    ("flat", "2026-01-01", "antenna_bytes", "", "day", "1", {"model": "flat", "fee": "1.25"}, "line"),
    ("cpu", "2026-01-01", "machine_percent_hours", "cpu", "day", "1", {"model": "per_unit", "price": "0.013"}, "hour"),
    ("memory", "2026-01-01", "machine_percent_hours", "memory", "month", "3",
     {"model": "package", "fee": "2", "allowance": "1.5", "price": "0.7"}, "line"),
    ("costs", "2026-01-01", "company_costs", "", "month", "1", {"model": "per_unit", "price": "1.19"}, "line")]


def fill_rated(connection: Connection, root: Path, database_url: str, seed: int = 11) -> None:
    """Archive the events, insert their hourly sums and the tariffs, rate. `connection` commits each statement."""
    rolled = random.Random(seed)
    for topic in TOPICS:
        stream, rows = STREAMS[topic], _rows(topic, rolled)
        archive(connection, root, stream, rows)
        with connection.cursor() as cursor:
            _publish(cursor, stream, rows)
    with connection.cursor() as cursor:
        for name, since, subject, of, period, unit, price, at in TARIFFS:
            _tariff(cursor, {
                "name": name, "valid_from": f"{since}T00:00:00Z", "subject": subject, "period": period, "unit": unit,
                "currency": "EUR", "price": price, "rounding": {"at": at}} | ({"of": of} if of else {}))
    with LockedSession(database_url, "batch_layer", "test") as session:
        Rating(session).run()


def _rows(topic: str, rolled: random.Random) -> pa.Table:
    """Every ninth event has the id of an earlier one: a repeat, or a conflict, or another hour's event."""
    first = int(START.timestamp()) * 1_000_000
    times = [first + rolled.randrange(HOURS * 3_600 * 1_000_000) for _ in range(EVENTS)]
    ids: list[str | None] = [f"e-{number}" if number % 4 else None for number in range(EVENTS)]
    for number in range(9, EVENTS, 9):
        other = rolled.randrange(number)
        times[number], ids[number] = times[other] + rolled.choice((0, 0, 1)), ids[other]
    columns = dict(_columns(topic, rolled))
    columns |= {"timestamp": pa.array(times, pa.timestamp("us", tz="UTC")), "event_id": pa.array(ids, pa.string())}
    return events(STREAMS[topic], columns)


def _columns(topic: str, rolled: random.Random) -> Iterator[tuple[str, pa.Array]]:
    def names() -> pa.Array:
        return pa.array([rolled.choice(NAMES) for _ in range(EVENTS)])

    def decimals(low: int, high: int, places: int) -> pa.Array:
        return pa.array([Decimal(rolled.randrange(low, high)).scaleb(-places) for _ in range(EVENTS)])

    if topic == "devices":
        yield from ((name, names()) for name in ("id", "antenna_id", "app"))
        yield "bytes", pa.array([rolled.randrange(90_000) for _ in range(EVENTS)], pa.int64())
    elif topic == "resource_usage":
        yield from (("machine_id", names()), ("service", names()))
        yield from ((name, decimals(0, 100_000, 3)) for name in ("cpu", "ram", "disk"))
        yield "interval_s", pa.array([rolled.choice((1, 7, 60)) for _ in range(EVENTS)], pa.int64())
    else:
        yield from (("company", names()), ("cost", decimals(-3_000_000, 9_000_000, 6)))
        yield "currency", pa.array([rolled.choice(("EUR", "USD")) for _ in range(EVENTS)])


def _publish(cursor: Any, stream: Stream, rows: pa.Table) -> None:
    cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES (%s, 2)", (stream.topic,))
    for hour_us, of_hour in split_by_hour(stream, rows):
        hour, first = START.fromtimestamp(hour_us / 1e6, UTC), distinct_rows(stream, of_hour).first
        cursor.execute(
            "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
            " VALUES (%s, %s, 1, 3, %s, %s, TRUE)",
            (stream.topic, hour, first.num_rows, of_hour.num_rows - first.num_rows))
        for rollup in stream.rollups:
            _insert(cursor, rollup, partial_sums(stream, rollup, first, HOUR_S))


def _insert(cursor: Any, rollup: Rollup, sums: pa.Table) -> None:
    names = [rollup.hour_column if name == rollup.window_column else name for name in sums.column_names]
    rows = [tuple(row.values()) for row in sums.to_pylist()]
    execute_values(cursor, sql.SQL("INSERT INTO {} ({}) VALUES %s").format(
        sql.Identifier(str(rollup.hourly_batch)), sql.SQL(", ").join(map(sql.Identifier, names))), rows)


def _tariff(cursor: Any, spec: dict[str, Any]) -> None:
    version = version_of(spec)
    cursor.execute(
        "INSERT INTO tariff (name, valid_from, subject, spec, sha256) VALUES (%s, %s, %s, %s, %s)",
        (version.name, version.valid_from, version.subject, Json(version.spec), version.sha256))


LAST = START + timedelta(hours=HOURS)
