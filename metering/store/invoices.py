"""Invoices and correction notes in the tables: what is due, what was said, and one document's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.domain.billing.invoice import Account, Document, Hour, Kind, Line, LineKey, number_text
from metering.domain.billing.reasons import HourChange, changed_hours
from metering.domain.errors import Damaged
from metering.failpoints import reach
from metering.sql import statement
from metering.store.connection import only_row


@dataclass(frozen=True)
class Due:
    """An account that wants a document, and the topics that its lines are of."""

    account: Account
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Issued:
    """An account's documents so far: the invoice's number, and when the last of them was issued."""

    number: str
    last_at: datetime


def due_accounts(cursor: Cursor, over: date) -> list[Due]:
    """Accounts without an invoice whose period ended at the start of the UTC day `over` or before."""
    cursor.execute(statement("billing/due_accounts"), {"over": over})
    return _due(cursor)


def changed_accounts(cursor: Cursor) -> list[Due]:
    """Accounts whose documents together are not what is rated now."""
    cursor.execute(statement("billing/changed_accounts"))
    return _due(cursor)


def _due(cursor: Cursor) -> list[Due]:
    return [Due(Account(*row[:4]), tuple(sorted(row[4]))) for row in cursor.fetchall()]


def hours_waiting(cursor: Cursor, topics: Sequence[str], period: date, period_end: date) -> list[datetime]:
    """The first hours of the period that are not final, wait to be rated, or have sealed events not published."""
    cursor.execute(statement("billing/hours_waiting"), {
        "topics": list(topics), "start": midnight(period), "end": midnight(period_end)})
    return [hour for (hour,) in cursor.fetchall()]


def midnight(day: date) -> datetime:
    """The start of a UTC day."""
    return datetime.combine(day, time(), UTC)


def sealed_offsets(cursor: Cursor, topic: str) -> dict[int, int]:
    """Partition → the offset before which all is in sealed generations."""
    cursor.execute(statement("billing/sealed_offsets"), {"topic": topic})
    return dict(cursor.fetchall())


def hold_counter(cursor: Cursor, kind: Kind) -> None:
    """Let one transaction at a time write documents of the kind: until it ends others wait here."""
    cursor.execute(statement("billing/hold_counter"), {"kind": kind.value})


def issued_documents(cursor: Cursor, account: Account) -> Issued | None:
    """None where the account has no invoice."""
    cursor.execute(statement("billing/documents_of_account"), asdict(account))
    rows = cursor.fetchall()
    return Issued(rows[0][0], max(issued_at for _, issued_at in rows)) if rows else None


def rated_lines(cursor: Cursor, account: Account) -> list[Line]:
    """The account as it is rated now. Raises Damaged where a line is not its parts."""
    return _lines(cursor, account, ("billing/rated_lines", "billing/rated_line_hours"))


def invoiced_lines(cursor: Cursor, account: Account) -> list[Line]:
    """What the account's documents say together. Raises Damaged where a line is not its parts."""
    return _lines(cursor, account, ("billing/invoiced_lines", "billing/invoiced_hours"))


def _lines(cursor: Cursor, account: Account, statements: tuple[str, str]) -> list[Line]:
    of_lines, of_hours = statements
    cursor.execute(statement(of_hours), asdict(account))
    hours: dict[LineKey, list[Hour]] = defaultdict(list)
    for tariff, valid_from, *hour in cursor.fetchall():
        hours[tariff, valid_from].append(Hour(*hour))
    cursor.execute(statement(of_lines), asdict(account))
    lines = []
    for tariff, valid_from, sha256, subject, quantity, fixed, rounding, amount in cursor.fetchall():
        line = Line(tariff, valid_from, sha256, subject, fixed, rounding, tuple(hours[tariff, valid_from]))
        if (line.quantity, line.amount) != (quantity, amount):
            raise Damaged(f"{account.customer} {account.period}, {tariff}: {quantity} for {amount} {account.currency}, "
                          f"but its parts are {line.quantity} for {line.amount}")
        lines.append(line)
    return lines


def hour_changes(cursor: Cursor, note: Document, since: datetime) -> list[HourChange]:
    """What the books say of the hours whose own quantity a note changes, since its account's last document."""
    places = sorted(changed_hours(note))
    cursor.execute(statement("billing/hour_changes"), {
        "topics": [topic for topic, _ in places], "hours": [hour for _, hour in places], "since": since})
    return [HourChange(*row) for row in cursor.fetchall()]


def keep_document(cursor: Cursor, document: Document, corrects: str | None = None) -> str:
    """Write a document under the next number of its kind, which it returns; undone with the caller's transaction.

    Not for a document that is kept: it would be another one.
    """
    cursor.execute(statement("billing/count_document"), {"kind": document.kind.value})
    number = number_text(document.kind, only_row(cursor)[0])
    cursor.execute(statement("billing/insert_document"), {
        **asdict(document.account), "number": number, "kind": document.kind.value, "corrects": corrects,
        "total": document.total, "batch_run": _latest_run(cursor, document), "why": document.why})
    execute_values(cursor, statement("billing/insert_document_lines"), [
        (number, position, line.tariff, line.valid_from, line.tariff_sha256, line.subject, line.quantity, line.fixed,
         line.rounding, line.amount, line.old, line.new)
        for position, line in enumerate(document.lines, 1)])
    reach("batch-mid-invoice")
    execute_values(cursor, statement("billing/insert_document_hours"), [
        (number, position, hour.hour, hour.topic, hour.quantity, hour.amount, hour.revision, hour.old, hour.new)
        for position, line in enumerate(document.lines, 1) for hour in line.hours], page_size=1000)
    return number


def _latest_run(cursor: Cursor, document: Document) -> int:
    topics = sorted({hour.topic for line in document.lines for hour in line.hours})
    cursor.execute(statement("billing/latest_run"), {"topics": topics})
    return int(only_row(cursor)[0])
