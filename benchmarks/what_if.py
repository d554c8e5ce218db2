"""How long a what-if takes: a candidate tariff over 30 days of 1,000 users, 720,000 hourly rows.

Fills a fresh database with seeded hours, lets PostgreSQL vacuum it as it does by itself, and asks for each price model
in turn, rounded at the line and at the hour. Each first answer is compared with a plain calculation; where they differ
the bench ends. Needs DATABASE_URL of a server where databases may be made.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2

from benchmarks.databases import fresh_database
from metering.domain.billing.invoice import exact_sum
from metering.domain.billing.rating import rate
from metering.domain.billing.tariffs import TariffVersion, version_of
from metering.settings import load

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 30

_FILL = """
INSERT INTO bytes_hourly (timestamp, id, value, type)
SELECT %(since)s + n * INTERVAL '1 hour', 'u' || to_char(u, 'FM00000'), (random() * 40000000)::bigint,
       'user_total_bytes'
FROM generate_series(0, %(hours)s - 1) AS n, generate_series(1, %(users)s) AS u
"""
_PRICES: dict[str, dict[str, Any]] = {
    "per_unit": {"model": "per_unit", "price": "0.05"},
    "flat": {"model": "flat", "fee": "9.99"},
    "graduated": {"model": "graduated", "tiers": [{"up_to": "10", "price": "0.05"}, {"price": "0.03", "fee": "1"}]},
    "volume": {"model": "volume", "tiers": [{"up_to": "10", "price": "0.05"}, {"price": "0.03"}]},
    "package": {"model": "package", "fee": "5", "allowance": "10", "price": "0.04"},
}


def version(model: str, at: str, **changes: Any) -> TariffVersion:
    """A tariff of user bytes by the gigabyte."""
    return version_of({
        "name": "bench", "valid_from": "2026-01-01T00:00:00Z", "subject": "user_bytes", "currency": "EUR",
        "unit": "1000000000", "price": _PRICES[model], "rounding": {"at": at}} | changes)


def fill(url: str, users: int) -> dict[str, dict[datetime, Decimal]]:
    """Seeded hours and one tariff in force; gives the hours by user."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
            cursor.execute(_FILL, {"since": SINCE, "hours": DAYS * 24, "users": users})
            cursor.execute("VACUUM (ANALYZE) bytes_hourly")
            cursor.execute("SELECT id, timestamp, value FROM bytes_hourly")
            hours: dict[str, dict[datetime, Decimal]] = {}
            for user, hour, value in cursor:
                hours.setdefault(user, {})[hour] = value
    return hours


def keep(url: str, kept: TariffVersion) -> None:
    """Put a version in force."""
    from metering.store.tariffs import add_versions

    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        add_versions(cursor, [kept], "bench")


def measure(candidate: TariffVersion, hours: dict[str, dict[datetime, Decimal]], repeats: int) -> list[float]:
    """Seconds of each what-if; the first is checked and not counted."""
    from serving.queries.snapshot import one_snapshot
    from serving.queries.tariffs import versions_in_force
    from serving.what_if.prices import compare

    taken = []
    for turn in range(repeats + 1):
        began = time.perf_counter()
        with one_snapshot():
            found = compare(candidate, versions_in_force(), (SINCE, SINCE + timedelta(days=DAYS)))
        if turn:
            taken.append(time.perf_counter() - began)
        elif found.new != exact_sum(rate(candidate, used).amount for used in hours.values()):
            raise SystemExit(f"a wrong answer scores nothing: {candidate.spec}")
    return taken


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], epilog="example: python -m benchmarks.what_if --users 1000")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    url = fresh_database(load("database").database_url)
    from serving.database import django_database
    from serving.start import start_django

    start_django()
    from django.db import connections

    connections["default"].settings_dict.update(django_database(url))
    hours = fill(url, asked.users)
    keep(url, version("per_unit", "line"))
    print(f"{asked.users * DAYS * 24:,} hourly rows on {platform.platform()}", flush=True)
    for model in _PRICES:
        for at in ("line", "hour"):
            taken = measure(version(model, at), hours, asked.repeats)
            print(f"{model:10} rounded at the {at}  median {statistics.median(taken):.2f} s  "
                  f"slowest {max(taken):.2f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
