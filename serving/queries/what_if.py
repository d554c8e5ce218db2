"""Quantities of published hours for a calculation that is not kept: by span of time and customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg2 import sql

from metering.domain.billing.rounding import EXACT_DECIMALS
from metering.domain.billing.tariffs import ALL, TariffVersion
from metering.streams.subjects import subject_of
from serving.queries.snapshot import ask, composed, stream

Span = tuple[datetime, datetime]
"""Hours [start, end), UTC."""

_GUARD_DIGITS = Decimal("1.000000000000000000")
"""Keeps more digits than are rounded to. The quotients by 3,600 of numbers of three decimals have no ties."""


@dataclass(frozen=True)
class Total:
    """A customer's quantity in the span of that number, from 1."""

    number: int
    customer: str
    quantity: Decimal


@dataclass(frozen=True)
class Hours:
    """A customer's quantities in the hours of the span of that number, in the order of time."""

    number: int
    customer: str
    quantities: Sequence[Decimal]


@dataclass(frozen=True)
class HoursKnown:
    """Published hours, and how many of them are not final."""

    published: int
    provisional: int


def totals(version: TariffVersion, spans: Sequence[Span]) -> list[Total]:
    """Per span and customer that the version covers, the sum; summed by PostgreSQL."""
    return ask(composed("what_if_totals", **_parts(version)), _places(version, spans), Total)


def hours(version: TariffVersion, spans: Sequence[Span]) -> Iterator[Hours]:
    """Per span and customer that the version covers, its hours; a few dozen of them are held at a time."""
    yield from stream(composed("what_if_hours", **_parts(version)), _places(version, spans), Hours, rows=50)


def hours_known(version: TariffVersion, span: Span) -> HoursKnown:
    """Of the subject's stream."""
    topic = subject_of(version.subject, version.of).topic
    return ask(
        composed("what_if_hours_known"), {"topic": topic, "start": span[0], "end": span[1]}, HoursKnown)[0]


def _places(version: TariffVersion, spans: Sequence[Span]) -> dict[str, object]:
    return {
        "starts": [start for start, _ in spans], "ends": [end for _, end in spans],
        "customers": None if version.customers == ALL else list(version.customers)}


def _parts(version: TariffVersion) -> dict[str, sql.Composable]:
    """The hourly batch table of the subject, its columns, and which of its rows count for the version."""
    subject = subject_of(version.subject, version.of)
    where = dict(subject.where) | ({"currency": version.currency} if subject.by_currency else {})
    clauses = [sql.SQL("used.{} = {}").format(sql.Identifier(column), sql.Literal(text))
               for column, text in where.items()]
    measured = sql.SQL("used.{}").format(sql.Identifier(subject.measure))
    in_units = sql.SQL("round({} * {} / {}, {})").format(
        measured, sql.Literal(_GUARD_DIGITS), sql.Literal(subject.unit), sql.Literal(EXACT_DECIMALS))
    return {
        "table": sql.Identifier(str(subject.rollup.hourly_batch)), "customer": sql.Identifier(subject.customer),
        "hour": sql.Identifier(subject.rollup.hour_column),
        "quantity": measured if subject.unit == 1 else in_units,
        "where": sql.SQL(" AND ").join(clauses or [sql.SQL("TRUE")])}
