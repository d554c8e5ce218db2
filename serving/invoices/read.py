"""A document read from the tables: an issued one by its number, or an account as it is rated now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from metering.domain.billing.invoice import Account, Document, Hour, Kind, Line, invoice_of
from serving.invoices.paper import Note, Paper, State
from serving.queries.snapshot import ask, statement


class UnknownDocument(LookupError):
    """There is no document of this number, or nothing is rated of the account."""

    def __init__(self, field: str, found: str, want: str) -> None:
        self.field, self.found, self.want = field, found, want
        super().__init__(found)


class AlreadyIssued(LookupError):
    """The account is no draft any more: it has the invoice `number`."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(number)


def issued_paper(number: str) -> Paper:
    """The invoice or correction note; inside of a snapshot. Raises UnknownDocument."""
    found = _rows("invoice", {"number": number}) if number.isprintable() else []
    if not found:
        raise UnknownDocument("number", number, "the number of an issued document, such as INV-000001")
    [row] = found
    kind = Kind(row["kind"])
    account = Account(row["customer"], row["period"], row["period_end"], row["currency"])
    lines = _rows("invoice_lines", {"number": number})
    hours = _by(_rows("invoice_hours", {"number": number}), "position")
    document = Document(kind, account, tuple(_line(line, hours[(line["position"],)]) for line in lines), row["why"])
    notes = ask(statement("invoice_notes"), {"number": number}, Note) if kind is Kind.INVOICE else ()
    return Paper(
        document, State.FINAL if kind is Kind.INVOICE else State.CORRECTION, number, row["name"], row["email"],
        row["issued_at"], row["batch_run"], row["corrects"], notes)


def draft_paper(account: Account, now: datetime) -> Paper:
    """The account as it would be invoiced now; inside of a snapshot. Raises AlreadyIssued and UnknownDocument."""
    issued = _rows("invoice_of_account", asdict(account))
    if issued:
        raise AlreadyIssued(issued[0]["number"])
    lines = _rows("draft_lines", asdict(account))
    if not lines:
        raise UnknownDocument("customer", account.customer, "a customer with rated hours in this period and currency")
    hours = _by(_rows("draft_hours", asdict(account)), "tariff", "valid_from")
    document = invoice_of(account, (_line(line, hours[line["tariff"], line["valid_from"]]) for line in lines))
    state = State.DRAFT if account.period_end > now.astimezone(UTC).date() else State.GRACE
    return Paper(
        document, state, name=lines[0]["name"], email=lines[0]["email"],
        uncertain=frozenset(line["tariff"] for line in lines if line["provisional"]))


def _rows(question: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    return ask(statement(question), parameters, dict[str, Any])


def _by(rows: Iterable[dict[str, Any]], *columns: str) -> Mapping[tuple[Any, ...], list[dict[str, Any]]]:
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[tuple(row[column] for column in columns)].append(row)
    return grouped


def _line(row: Mapping[str, Any], hours: Iterable[Mapping[str, Any]]) -> Line:
    parts = tuple(
        Hour(hour["hour"], hour["topic"], hour["quantity"], hour["amount"], hour["revision"], hour.get("old"),
             hour.get("new"))
        for hour in hours)
    return Line(
        row["tariff"], row["valid_from"], row["tariff_sha256"], row["subject"], row["fixed"], row["rounding"], parts,
        row.get("old"), row.get("new"))
