"""What customers have cost in a month: as rated, and with what is served beside it, priced by the same tariffs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.alerts import Period
from metering.domain.billing.invoice import exact_difference, exact_sum
from metering.domain.billing.periods import period_of
from metering.domain.billing.rating import price_of_total, rate
from metering.domain.billing.rounding import Place
from metering.domain.billing.tariffs import TariffVersion
from metering.sql import statement
from metering.store.tariffs import InForce, in_force
from metering.streams.subjects import Subject, subject_of

Account = tuple[str, str]
"""Customer and currency."""

Spending = Mapping[Account, Decimal]


@dataclass(frozen=True)
class _Asked:
    """A version's customers and hours [start, end) of a month."""

    version: TariffVersion
    start: datetime
    end: datetime
    customers: Sequence[str]

    @property
    def place(self) -> dict[str, object]:
        return {
            "tariff": self.version.name, "valid_from": self.version.valid_from, "customers": list(self.customers),
            "start": self.start, "end": self.end}


def rated_spending(cursor: Cursor, month: Period, accounts: Sequence[Account]) -> Spending:
    """The sums of the rated lines of the month; an account without any costs 0."""
    cursor.execute(statement("alerts/rated_amounts"), {
        "first": month.start.date(), "end": month.end.date(), "customers": sorted({who for who, _ in accounts})})
    found = {(customer, currency): amount for customer, currency, amount in cursor.fetchall()}
    return {account: found.get(account, Decimal(0)) for account in accounts}


def served_spending(cursor: Cursor, month: Period, rated: Spending) -> Spending:
    """The same with what the hours that are not settled have changed since they were rated, to the last digit.

    An hour that was final, published again and not rated yet is left to the rating that follows within the run.
    """
    changes: dict[Account, list[Decimal]] = defaultdict(list)
    for one in in_force(cursor):
        for asked in _asked(one, month, rated):
            for customer, change in _changes(cursor, asked):
                changes[customer, asked.version.currency].append(change)
    return {account: exact_sum((amount, *changes[account])) for account, amount in rated.items()}


def _asked(one: InForce, month: Period, rated: Spending) -> Iterator[_Asked]:
    version = one.version
    start, end = max(month.start, version.valid_from), min(month.end, one.until)
    mine = [who for who, currency in rated if currency == version.currency and version.covers(who)]
    if start < end and mine:
        yield _Asked(version, start, end, mine)


def _changes(cursor: Cursor, asked: _Asked) -> Iterator[tuple[str, Decimal]]:
    """Per customer and period that is not as it was rated, what its line would change by."""
    for (customer, period), hours in _changed_hours(cursor, asked).items():
        quantity, amount = _line(cursor, asked.version, customer, period)
        if asked.version.rounding.at is Place.LINE:
            now = price_of_total(asked.version, exact_sum((quantity, *(change for _, change in hours.values()))))
        else:
            served = {hour: quantity for hour, (quantity, _) in hours.items()}
            now = rate(asked.version, _rated_period(cursor, asked.version, customer, period) | served).amount
        yield customer, exact_difference(now, amount)


def _changed_hours(
    cursor: Cursor, asked: _Asked
) -> Mapping[tuple[str, date], Mapping[datetime, tuple[Decimal, Decimal]]]:
    """(customer, period's first day) → hours with what is served of them, and what that is more than was rated."""
    subject = subject_of(asked.version.subject, asked.version.of)
    cursor.execute(statement("alerts/served_quantities", **_parts(subject, asked.version)), asked.place)
    served = {(customer, hour): subject.quantity(measured) for customer, hour, measured in cursor.fetchall()}
    if not served:
        return {}
    cursor.execute(
        statement("alerts/rated_quantities"), asked.place | {"hours": sorted({hour for _, hour in served})})
    rated = {(customer, hour): quantity for customer, hour, quantity in cursor.fetchall()}
    changed: dict[tuple[str, date], dict[datetime, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for (customer, hour), quantity in served.items():
        change = exact_difference(quantity, rated.get((customer, hour), Decimal(0)))
        if change:
            changed[customer, period_of(hour, asked.version.period).first][hour] = (quantity, change)
    return changed


def _line(cursor: Cursor, version: TariffVersion, customer: str, period: date) -> tuple[Decimal, Decimal]:
    """A line's quantity and amount; 0 and 0 where nothing is rated yet."""
    cursor.execute(statement("alerts/rated_line"), _place(version, customer, period))
    row = cursor.fetchone()
    return (row[0], row[1]) if row else (Decimal(0), Decimal(0))


def _rated_period(cursor: Cursor, version: TariffVersion, customer: str, period: date) -> dict[datetime, Decimal]:
    cursor.execute(statement("alerts/rated_period"), _place(version, customer, period))
    return dict(cursor.fetchall())


def _place(version: TariffVersion, customer: str, period: date) -> dict[str, object]:
    return {"tariff": version.name, "valid_from": version.valid_from, "customer": customer, "period": period}


def _parts(subject: Subject, version: TariffVersion) -> dict[str, sql.Composable]:
    """The served hours of a subject, with the columns and rows that count for the version."""
    where = dict(subject.where) | ({"currency": version.currency} if subject.by_currency else {})
    clauses = [sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(text)) for column, text in where.items()]
    return {
        "table": sql.Identifier(str(subject.rollup.hourly_merged)), "customer": sql.Identifier(subject.customer),
        "hour": sql.Identifier(subject.rollup.hour_column), "measure": sql.Identifier(subject.measure),
        "where": sql.SQL(" AND ").join(clauses or [sql.SQL("TRUE")])}
