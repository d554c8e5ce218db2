"""What the database says of money, as plain rows. Times are aware, UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

Subject = tuple[str, str, str]
"""A tariff's subject, the part of a machine's use, the currency of costs; the last two may be empty."""

LineKey = tuple[str, datetime, str, date]
"""Tariff, valid_from, customer, the period's first day."""

Account = tuple[str, date, date, str]
"""Customer, the period's two ends, currency."""


class Version(NamedTuple):
    """A row of tariff."""

    name: str
    valid_from: datetime
    spec: Mapping[str, Any]
    is_rated: bool


class Said(NamedTuple):
    """An hour of a line."""

    quantity: Decimal
    amount: Decimal


class Line(NamedTuple):
    """A rated line, or one of a document, where all numbers of a correction are differences."""

    period_end: date
    currency: str
    subject: str
    quantity: Decimal
    fixed: Decimal
    rounding: Decimal
    amount: Decimal


class Document(NamedTuple):
    """An invoice or a correction note with its lines and their hours."""

    number: str
    kind: str
    corrects: str | None
    account: Account
    total: Decimal
    lines: list[tuple[LineKey, Line, dict[datetime, Said]]]


@dataclass
class MoneyEvidence:
    """All that is judged. `unrated`: hours (topic, hour) whose published revision is not the rated one; `unsettled`:
    those, and hours that are not final or have files nobody has published.
    """

    versions: list[Version] = field(default_factory=list)
    rated_lines: dict[LineKey, Line] = field(default_factory=dict)
    rated_hours: dict[LineKey, dict[datetime, Said]] = field(default_factory=lambda: defaultdict(dict))
    documents: list[Document] = field(default_factory=list)
    unrated: set[tuple[str, datetime]] = field(default_factory=set)
    unsettled: set[tuple[str, datetime]] = field(default_factory=set)
    quantities: Mapping[Subject, Mapping[str, Mapping[datetime, Decimal]]] = field(default_factory=dict)
