"""A customer's two hours: events in an archive, the books that list them, and how they are rated, worked out by hand.

`acme` is a user of devices, a company with costs in two currencies. Of devices: two events count in hour 10 (700 and
300 B), one is sent twice, one is a conflict (the same event_id with other bytes), and one has an event_id that `blue`
used before, so that it does not count; one event counts in hour 11 (4,000 B). Every hour has two files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from metering.domain.billing.tariffs import version_of
from metering.streams import STREAMS
from tests.lib.archiving import archive, events

HOURS = (datetime(2026, 3, 5, 10, tzinfo=UTC), datetime(2026, 3, 5, 11, tzinfo=UTC))
PERIOD = (date(2026, 3, 1), date(2026, 4, 1))
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BYTES = {
    "name": "mobile", "valid_from": "2026-01-01T00:00:00+00:00", "subject": "user_bytes", "customers": ["*"],
    "currency": "EUR", "period": "month", "unit": "1000", "price": {"model": "per_unit", "price": "0.02"},
    "rounding": {"decimals": 2, "mode": "half_even", "at": "line"}}
COSTS = BYTES | {
    "name": "resale", "subject": "company_costs", "unit": "1", "price": {"model": "per_unit", "price": "1.1"}}
DEVICES = [  # second of hour 10, id, bytes, event_id; a row of hour 11 begins at 3600
    (1, "acme", 700, "e-1"), (2, "blue", 50, "e-9"), (3, "acme", 300, "e-2"), (1, "acme", 700, "e-1"),
    (3, "acme", 999, "e-2"), (40, "acme", 5000, "e-9"), (41, "blue", 8, None), (3605, "acme", 4000, None)]
COSTS_SENT = [  # second, company, cost, currency, event_id
    (7, "acme", "12.500001", "EUR", "c-1"), (8, "acme", "-2.5", "EUR", None), (9, "acme", "99", "USD", None),
    (9, "blue", "3.25", "EUR", None)]


@dataclass(frozen=True)
class Sample:
    """Where the customer's data are."""

    database_url: str
    archive: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "LAMBDAMETER_ARCHIVE": str(self.archive)}


def fill_statement(connection: Connection, root: Path) -> None:
    """Write the files and the books; `connection` commits each statement. The tables have no row of these topics."""
    _archive(connection, root, "devices", device_rows(DEVICES))
    _archive(connection, root, "billing", cost_rows(COSTS_SENT))
    with connection.cursor() as cursor:
        for topic in ("devices", "billing"):
            cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES (%s, 2)", (topic,))
            for hour in HOURS[: 2 if topic == "devices" else 1]:
                cursor.execute(
                    "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
                    " VALUES (%s, %s, 1, 1, 5, 1, TRUE)", (topic, hour))
                cursor.execute("INSERT INTO rated_state (topic, hour, revision) VALUES (%s, %s, 1)", (topic, hour))
        for spec in (BYTES, COSTS):
            version = version_of(spec)
            cursor.execute(
                "INSERT INTO tariff (name, valid_from, subject, spec, sha256, created_by)"
                " VALUES (%s, %s, %s, %s, %s, 'test')",
                (version.name, SINCE, version.subject, Json(spec), version.sha256))
        # 1,000 B and 4,000 B at 0.02 a kB; (12.500001 − 2.5) × 1.1 = 11.0000011, rounded to 11.00.
        _line(cursor, "mobile", "user_bytes", [(HOURS[0], "1000", "0.02"), (HOURS[1], "4000", "0.08")], "0.10", "0")
        _line(cursor, "resale", "company_costs", [(HOURS[0], "10.000001", "11.0000011")], "11.00", "-0.0000011")


def device_rows(sent: Sequence[tuple[int, str, int, str | None]], first_offset: int = 0) -> pa.Table:
    """Archive rows, each appended when it happened."""
    return events(STREAMS["devices"], {
        "timestamp": _times([second for second, *_ in sent]), "id": pa.array([id for _, id, *_ in sent]),
        "antenna_id": pa.array(["a-1"] * len(sent)), "app": pa.array(["web"] * len(sent)),
        "bytes": pa.array([size for *_, size, _ in sent], pa.int64()),
        "event_id": pa.array([event_id for *_, event_id in sent], pa.string())}, first_offset)


def cost_rows(sent: Sequence[tuple[int, str, str, str, str | None]], first_offset: int = 0) -> pa.Table:
    """The same of billing."""
    return events(STREAMS["billing"], {
        "timestamp": _times([second for second, *_ in sent]), "company": pa.array([row[1] for row in sent]),
        "cost": pa.array([Decimal(row[2]) for row in sent]), "currency": pa.array([row[3] for row in sent]),
        "event_id": pa.array([row[4] for row in sent], pa.string())}, first_offset)


def _times(seconds: Sequence[int]) -> pa.Array:
    start = int(HOURS[0].timestamp())
    return pa.array([(start + second) * 1_000_000 for second in seconds], pa.timestamp("us", tz="UTC"))


def _archive(connection: Connection, root: Path, topic: str, rows: pa.Table) -> None:
    for start in range(0, rows.num_rows, 5):
        archive(connection, root, STREAMS[topic], rows.slice(start, 5))


def _line(
    cursor: Any, tariff: str, subject: str, hours: Sequence[tuple[datetime, str, str]], amount: str, rounding: str
) -> None:
    for hour, quantity, priced in hours:
        cursor.execute(
            "INSERT INTO rated_hour (tariff, valid_from, customer, hour, period, subject, currency, quantity, amount,"
            " revision) VALUES (%s, %s, 'acme', %s, %s, %s, 'EUR', %s, %s, 1)",
            (tariff, SINCE, hour, PERIOD[0], subject, quantity, priced))
    cursor.execute(
        "INSERT INTO rated_line (tariff, valid_from, customer, period, period_end, subject, currency, quantity, fixed,"
        " rounding, amount) VALUES (%s, %s, 'acme', %s, %s, %s, 'EUR', %s, 0, %s, %s)",
        (tariff, SINCE, *PERIOD, subject, sum(Decimal(quantity) for _, quantity, _ in hours), rounding, amount))
