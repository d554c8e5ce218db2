"""Rated accounts as the batch layer would leave them, for tests of what comes after rating: plain inserts.

Every hour is published, final and rated; `correct` publishes one again as a late event would make the layers do it.
Standard library and psycopg2 only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from psycopg2.extras import execute_values

HOUR = timedelta(hours=1)
SUBJECTS = {"user_bytes": "devices", "machine_percent_hours": "resource_usage"}
FROM = datetime(2026, 1, 1, tzinfo=UTC)


def start_of(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Rated:
    """A line: what a customer used and pays for each hour of a period, by one tariff."""

    tariff: str
    subject: str
    customer: str
    period: date
    period_end: date
    hours: Mapping[int, tuple[Decimal, Decimal]]
    """Hour of the period → quantity, amount."""

    fixed: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    currency: str = "EUR"

    @property
    def topic(self) -> str:
        return SUBJECTS[self.subject]

    @property
    def quantity(self) -> Decimal:
        return sum((used for used, _ in self.hours.values()), Decimal(0))

    @property
    def amount(self) -> Decimal:
        return self.fixed + self.rounding + sum((price for _, price in self.hours.values()), Decimal(0))

    def hour(self, number: int) -> datetime:
        return start_of(self.period) + HOUR * number


def insert_tariff(cursor: Any, name: str, subject: str) -> None:
    """A version from 2026 on; one that is there stays."""
    cursor.execute(
        "INSERT INTO tariff (name, valid_from, subject, spec, sha256) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (name, valid_from) DO NOTHING",
        (name, FROM, subject, json.dumps({"name": name}), f"{name:x<64}"))


def rate(cursor: Any, *lines: Rated, revision: int = 1) -> None:
    """Insert the lines with their hours, or put them in the place of what was rated before."""
    for line in lines:
        insert_tariff(cursor, line.tariff, line.subject)
        key = (line.tariff, FROM, line.customer, line.period)
        cursor.execute(
            "DELETE FROM rated_hour WHERE tariff = %s AND valid_from = %s AND customer = %s AND period = %s", key)
        cursor.execute(
            "DELETE FROM rated_line WHERE tariff = %s AND valid_from = %s AND customer = %s AND period = %s", key)
        execute_values(cursor, """
            INSERT INTO rated_hour (
                tariff, valid_from, customer, hour, period, subject, currency, quantity, amount, revision)
            VALUES %s""", [
            (line.tariff, FROM, line.customer, line.hour(number), line.period, line.subject, line.currency, used, price,
             revision) for number, (used, price) in line.hours.items()])
        cursor.execute("""
            INSERT INTO rated_line (
                tariff, valid_from, customer, period, period_end, subject, currency, quantity, fixed, rounding, amount)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""", (
            *key, line.period_end, line.subject, line.currency, line.quantity, line.fixed, line.rounding, line.amount))
        for number in line.hours:
            publish(cursor, line.topic, line.hour(number))


def publish(cursor: Any, topic: str, hour: datetime, *, final: bool = True) -> None:
    """The books of an hour that was published once, is final and rated; one that is there stays."""
    cursor.execute(
        "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
        " VALUES (%s, %s, 1, 1, 10, 0, %s) ON CONFLICT DO NOTHING", (topic, hour, final))
    cursor.execute(
        "INSERT INTO rated_state (topic, hour, revision) VALUES (%s, %s, 1) ON CONFLICT DO NOTHING", (topic, hour))


def correct(cursor: Any, line: Rated, number: int, generation: int = 7) -> None:
    """Publish an hour of the line again, with what the books say of it, and rate the line anew as it is given.

    The batch run has the number 40 + the hour's new revision.
    """
    hour = line.hour(number)
    cursor.execute(
        "UPDATE hour_state SET revision = revision + 1, published_generation = %s WHERE topic = %s AND hour = %s"
        " RETURNING revision", (generation, line.topic, hour))
    [(revision,)] = cursor.fetchall()
    cursor.execute(
        "INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)"
        " VALUES (%s, %s, %s, 'a_sum', %s, 1, 2, %s)",
        (line.topic, hour, revision, line.customer,
         f"events arrived after the hour was final (generation {generation})"))
    cursor.execute(
        "INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, generation)"
        " VALUES (%s, %s, %s, 'a_sum', 1, 1, 1, 0, true, %s)", (40 + revision, line.topic, hour, generation))
    rate(cursor, line, revision=revision)
    cursor.execute(
        "UPDATE rated_state SET revision = %s WHERE topic = %s AND hour = %s", (revision, line.topic, hour))


def write_invoice(cursor: Any, number: str, *lines: Rated) -> None:
    """An invoice of lines of one account, in the caller's transaction, as plain inserts."""
    first = lines[0]
    cursor.execute(
        "INSERT INTO invoice (number, kind, customer, period, period_end, currency, total, batch_run)"
        " VALUES (%s, 'invoice', %s, %s, %s, %s, %s, 3)",
        (number, first.customer, first.period, first.period_end, first.currency,
         sum((line.amount for line in lines), Decimal(0))))
    for position, line in enumerate(lines, 1):
        _write_line(cursor, number, position, line)


def _write_line(cursor: Any, number: str, position: int, line: Rated) -> None:
    cursor.execute("""
        INSERT INTO invoice_line (
            number, position, tariff, valid_from, tariff_sha256, subject, quantity, fixed, rounding, amount)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""", (
        number, position, line.tariff, FROM, f"{line.tariff:x<64}", line.subject, line.quantity, line.fixed,
        line.rounding, line.amount))
    execute_values(cursor, """
        INSERT INTO invoice_hour (number, position, hour, topic, quantity, amount, revision) VALUES %s""", [
        (number, position, line.hour(hour), line.topic, used, price, 1) for hour, (used, price) in line.hours.items()])
