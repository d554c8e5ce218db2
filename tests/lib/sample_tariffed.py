"""Published hours of three users and a company, and tariffs over them, as the layers would leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2.extras import execute_values

from metering.domain.billing.tariffs import version_of
from metering.store.tariffs import add_versions
from tests.lib.sample_tariffs import spec

HOUR = timedelta(hours=1)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
HOURS = [MAY + number * HOUR for number in (0, 1, 30, 700)]
GB = 10**9
USED = {"u-ann": (3, 5, 0, 4), "u-bob": (1, 0, 0, 0), "u-cyd": (40, 40, 40, 40)}
"""Gigabytes in each of HOURS; 0: no row."""

QUOTAS = {"u-ann": 4 * GB, "u-bob": 2 * GB}
PER_GB = spec("mobile", unit=str(GB), price={"model": "per_unit", "price": "0.10"})
TIERED = spec("mobile", unit=str(GB), price={"model": "graduated", "tiers": [
    {"up_to": "10", "price": "0.20"}, {"price": "0.05"}]})  # fmt: skip


def fill_tariffed(connection: Any) -> None:
    """Insert hours, quotas and two tariffs, and commit; the tables have none of them."""
    with connection, connection.cursor() as cursor:
        execute_values(cursor, "INSERT INTO bytes_hourly (timestamp, id, value, type) VALUES %s", [
            (hour, user, used[number] * GB, "user_total_bytes")
            for user, used in USED.items() for number, hour in enumerate(HOURS) if used[number]])
        execute_values(
            cursor, "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
            " VALUES %s", [("devices", hour, 1, 1, 9, 0, hour != HOURS[-1]) for hour in HOURS])
        execute_values(cursor, "INSERT INTO user_metadata (id, name, email, quota) VALUES %s", [
            (user, f"Name of {user}", f"{user}@example.org", quota) for user, quota in QUOTAS.items()])
        # The hour was judged by a larger quota than the user has now.
        cursor.execute(
            "INSERT INTO hour_quota (topic, hour, id, email, quota) VALUES ('devices', %s, 'u-ann', 'ann@example.org',"
            " %s)", (HOURS[1], 6 * GB))
        execute_values(cursor, "INSERT INTO company_hour_batch (company, currency, hour, cost, events) VALUES %s", [
            ("acme", "EUR", HOURS[0], Decimal("120.5"), 3), ("acme", "USD", HOURS[0], Decimal("999"), 1)])
        add_versions(cursor, [
            version_of(PER_GB),
            version_of(spec("handling", "package", subject="company_costs"))], "test")
