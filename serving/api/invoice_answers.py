"""What the API answers of invoices. Amounts are decimals, written as text so that no digit is lost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from ninja import Field, Schema

from serving.api.machine_answers import Marked

DocumentState = Literal["draft", "grace", "final", "correction"]


class DocumentLine(Marked):
    """A document of the list. `number` and `issued_at` are null where it is not issued."""

    number: str | None
    state: DocumentState
    customer: str
    period: str = Field(description="a month such as 2026-10, or a day such as 2026-10-05")
    period_start: date
    period_end: date = Field(description="exclusive")
    currency: str
    total: Decimal
    issued_at: datetime | None
    corrects: str | None = Field(description="of a correction: the invoice's number")


class DocumentPage(Schema):
    """The documents in the order asked for."""

    count: int = Field(description="rows in all")
    page: int
    next: str | None = Field(description="address of the next page, null on the last")
    rows: list[DocumentLine]


class HourPart(Schema):
    """What an hour adds to a line; in a correction the difference of `new` and `old`, else those are null."""

    hour: datetime
    topic: str
    quantity: Decimal
    old: Decimal | None
    new: Decimal | None
    amount: Decimal
    revision: int


class LinePart(Schema):
    """A tariff version's line: amount = fixed + the hours' amounts + rounding."""

    position: int
    tariff: str
    valid_from: datetime
    tariff_sha256: str
    subject: str
    quantity: Decimal
    fixed: Decimal
    rounding: Decimal
    old: Decimal | None
    new: Decimal | None
    amount: Decimal
    hours: list[HourPart]


class NoteLine(Schema):
    """A correction note of an invoice."""

    number: str
    total: Decimal
    issued_at: datetime


class DocumentAnswer(DocumentLine):
    """A document with its lines, which add up to `total`; with their hours where those are asked for."""

    why: str = Field(description="of a correction: which hours changed, and what changed them")
    batch_run: int | None
    notes: list[NoteLine]
    total_with_notes: Decimal
    lines: list[LinePart]
