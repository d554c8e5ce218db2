"""The list of documents: issued ones, and what is not invoiced yet as it would be now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from psycopg2 import sql

from serving.queries.dimensions import Finality, finality
from serving.queries.snapshot import ask, composed, stream

PAGE_ROWS = 50
STATES = ("draft", "grace", "final", "correction")
ORDERS = {
    "-period": "period DESC, period_end, customer, currency, number",
    "period": "period, period_end, customer, currency, number",
    "customer": "customer, period, period_end, currency, number",
    "-customer": "customer DESC, period, period_end, currency, number",
    "total": "total, customer, period, period_end, number",
    "-total": "total DESC, customer, period, period_end, number",
    "number": "number, period, customer, period_end, currency",
    "-number": "number DESC, period DESC, customer, period_end, currency",
    "issued": "issued_at NULLS LAST, number, customer, period, period_end, currency",
    "-issued": "issued_at DESC NULLS LAST, number DESC, customer, period, period_end, currency",
}


@dataclass(frozen=True)
class DocumentChoice:
    """Which documents: of which customers (empty: all), which period [period, period_end), currency, states."""

    now: datetime
    customers: tuple[str, ...] = ()
    period: date | None = None
    period_end: date | None = None
    currency: str = ""
    states: tuple[str, ...] = ()

    def parameters(self, **more: object) -> Mapping[str, object]:
        return {
            "today": self.now.astimezone(UTC).date(), "customers": list(self.customers) or None, "period": self.period,
            "period_end": self.period_end, "currency": self.currency or None, "states": list(self.states) or None,
            **more}


@dataclass(frozen=True)
class DocumentRow:
    """A document of the list; `number` is empty and `issued_at` None where it is not issued."""

    number: str
    state: str
    customer: str
    period: date
    period_end: date
    currency: str
    total: Decimal
    issued_at: datetime | None
    corrects: str
    notes: int
    finality: Finality


@dataclass(frozen=True)
class CurrencySum:
    """What the chosen documents come to in a currency, issued ones and those that are not."""

    currency: str
    issued: Decimal
    open: Decimal
    issued_documents: int
    open_documents: int


def documents(
    choice: DocumentChoice, order: str, page: int = 1, size: int = PAGE_ROWS
) -> tuple[list[DocumentRow], int]:
    """Page `page` (from 1) in an order of ORDERS, and how many documents there are."""
    asked = choice.parameters(limit=size, offset=(page - 1) * size)
    rows = ask(_question("invoices", ORDERS[order]), asked, _row)
    return [row for row, _ in rows], rows[0][1] if rows else 0


def every_document(choice: DocumentChoice, order: str) -> Iterator[DocumentRow]:
    """All pages, streamed; to be read inside of a snapshot."""
    asked = choice.parameters(limit=None, offset=0)
    return (row for row, _ in stream(_question("invoices", ORDERS[order]), asked, _row))


def document_sums(choice: DocumentChoice) -> list[CurrencySum]:
    """The sums of the chosen documents by currency."""
    return ask(_question("invoice_totals"), choice.parameters(), CurrencySum)


def _row(rows: int, state: str, notes: int, **columns: Any) -> tuple[DocumentRow, int]:
    mark = finality(state in ("draft", "grace"), notes > 0)
    return DocumentRow(state=state, notes=notes, **columns, finality=mark), rows


@cache
def _question(name: str, order: str = "") -> sql.Composed:
    return composed(name, documents=composed("invoice_documents"), order=sql.SQL(order))
