"""What is rated: quantities read from the hourly batch views, rated hours and lines written in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.domain.billing.periods import Period
from metering.domain.billing.rating import Rated
from metering.domain.billing.tariffs import TariffVersion
from metering.sql import statement
from metering.store.rollups import copy_rows, identifiers
from metering.streams.subjects import Subject

Quantities = Mapping[datetime, Decimal]


def unrated_hours(cursor: Cursor, topic: str) -> dict[datetime, int]:
    """Published hours with another revision than was rated, and that revision."""
    cursor.execute(statement("billing/unrated_hours"), {"topic": topic})
    return dict(cursor.fetchall())


def note_rated(cursor: Cursor, topic: str, hours: Mapping[datetime, int]) -> None:
    """Note the revisions that were rated. A repeat changes nothing."""
    rows = [(topic, hour, revision) for hour, revision in sorted(hours.items())]
    if rows:
        execute_values(cursor, statement("billing/note_rated"), rows, page_size=1000)


def customers_of_hours(
    cursor: Cursor, subject: Subject, version: TariffVersion, hours: Sequence[datetime]
) -> list[str]:
    """Whom these hours concern: customers in them, or in them when they were rated."""
    cursor.execute(
        statement("billing/customers_of_hours", **_parts(subject, version)), _named(version) | {"hours": list(hours)})
    return [customer for (customer,) in cursor.fetchall()]


def customers_of_span(
    cursor: Cursor, subject: Subject, version: TariffVersion, period: Period
) -> list[str]:
    """All customers of a period, those of its rated lines included."""
    span = {"start": period.start_at, "end": period.end_at, "first": period.first, "last": period.end}
    cursor.execute(statement("billing/customers_of_span", **_parts(subject, version)), _named(version) | span)
    return [customer for (customer,) in cursor.fetchall()]


def quantities(
    cursor: Cursor, subject: Subject, version: TariffVersion, span: tuple[datetime, datetime],
    customers: Sequence[str],
) -> Iterator[tuple[str, Quantities]]:
    """Per customer, the hours of [start, end) with their quantities."""
    query = statement("billing/quantities", **_parts(subject, version), measure=sql.Identifier(subject.measure))
    cursor.execute(query, {"start": span[0], "end": span[1], "customers": list(customers)})
    for customer, rows in groupby(cursor.fetchall(), key=lambda row: row[0]):
        yield customer, {hour: subject.quantity(value) for _, hour, value in rows}


def revisions(cursor: Cursor, topic: str, span: tuple[datetime, datetime]) -> dict[datetime, int]:
    """By hour of [start, end), how often it was published."""
    cursor.execute(statement("billing/revisions"), {"topic": topic, "start": span[0], "end": span[1]})
    return dict(cursor.fetchall())


def replace_rated(
    cursor: Cursor, version: TariffVersion, period: Period, customers: Sequence[str],
    read: Mapping[str, Quantities], rated: Mapping[str, Rated], revision_of: Mapping[datetime, int],
) -> None:
    """Put what is rated of a period in the place of what was; a customer who is not in `rated` has nothing then.

    `read`: the quantities it was rated from; `revision_of`: those of their hours. Rows that are as they were stay
    untouched: a new hour of a month leaves those before it alone.
    """
    place = _named(version) | {"period": period.first, "customers": list(customers)}
    fixed = {"tariff": version.name, "valid_from": version.valid_from, "period": period.first,
             "subject": version.subject, "currency": version.currency}
    _put(cursor, _HOURS, place, fixed, {
        (customer, hour): (read[customer][hour], amount, revision_of[hour])
        for customer, one in rated.items() for hour, amount in one.hours.items()})
    _put(cursor, _LINES, place, fixed | {"period_end": period.end}, {
        (customer, period.first): (one.quantity, one.fixed, one.rounding, one.amount)
        for customer, one in rated.items()})


@dataclass(frozen=True)
class _Table:
    """Beside tariff and valid_from: the rest of a table's key, its last column's array type, and what may change."""

    name: str
    key: tuple[str, str]
    array: str
    values: tuple[str, ...]


_HOURS = _Table("rated_hour", ("customer", "hour"), "timestamptz[]", ("quantity", "amount", "revision"))
_LINES = _Table("rated_line", ("customer", "period"), "date[]", ("quantity", "fixed", "rounding", "amount"))

_Rows = Mapping[tuple[Any, ...], tuple[Any, ...]]


def _put(
    cursor: Cursor, table: _Table, place: Mapping[str, object], fixed: Mapping[str, object], wanted: _Rows
) -> None:
    """Let the rows of a place be these, by key: what is gone or differs is deleted, what is not there is inserted."""
    query = statement(
        "billing/rated_of_customers", table=sql.Identifier(table.name), key=identifiers(table.key),
        values=identifiers(table.values))
    cursor.execute(query, place)
    known = {row[:2]: row[2:] for row in cursor.fetchall()}
    _delete(cursor, table, place, [one for one, row in known.items() if wanted.get(one) != row])
    columns = (*table.key, *table.values)
    _copy(cursor, table.name, [
        {**fixed, **dict(zip(columns, (*one, *row), strict=True))}
        for one, row in wanted.items() if known.get(one) != row])


def _delete(
    cursor: Cursor, table: _Table, place: Mapping[str, object], keys: Sequence[tuple[Any, ...]]
) -> None:
    if keys:
        query = statement(
            "billing/delete_rated", table=sql.Identifier(table.name), last=sql.Identifier(table.key[1]),
            array=sql.SQL(table.array))
        cursor.execute(query, {**place, "customers": [key[0] for key in keys], "lasts": [key[1] for key in keys]})


def _copy(cursor: Cursor, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    # As text: the digits of a decimal of any size arrive as they are.
    incoming = pa.table({column: [_text(row[column]) for row in rows] for column in columns})
    copy_rows(cursor, table, f"incoming_{table}", incoming)
    cursor.execute(statement(
        "batch/insert_incoming", table=sql.Identifier(table), incoming=sql.Identifier(f"incoming_{table}"),
        columns=identifiers(columns)))


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _named(version: TariffVersion) -> dict[str, object]:
    return {"tariff": version.name, "valid_from": version.valid_from}


def _parts(subject: Subject, version: TariffVersion) -> dict[str, sql.Composable]:
    """The hourly batch table of a subject, with the columns and rows that count for the version."""
    where = dict(subject.where) | ({"currency": version.currency} if subject.by_currency else {})
    clauses = [sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(text)) for column, text in where.items()]
    return {
        "table": sql.Identifier(str(subject.rollup.hourly_batch)), "customer": sql.Identifier(subject.customer),
        "hour": sql.Identifier(subject.rollup.hour_column),
        "where": sql.SQL(" AND ").join(clauses or [sql.SQL("TRUE")])}
