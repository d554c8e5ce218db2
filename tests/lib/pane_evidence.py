"""What the database says of a stream's panes, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

WindowKey = tuple[str, str, int]
"""Company, currency, the window's start in microseconds."""


class Pane(NamedTuple):
    """A row of billing_pane without its key."""

    number: int
    end_us: int
    timing: str
    is_last: bool
    value: Decimal
    events: int
    total_value: Decimal
    total_events: int


class Pending(NamedTuple):
    """A row of billing_pending: an open window."""

    end_us: int
    value: Decimal
    events: int
    total_value: Decimal
    total_events: int
    panes: int
    on_time: bool


class TooLate(NamedTuple):
    """A row of billing_too_late. `repeat` None: nobody has judged it yet."""

    partition: int
    offset: int
    taken_back: bool
    key: WindowKey
    event_us: int
    event_id: str | None
    value: Decimal
    repeat: bool | None


class Holder(NamedTuple):
    """A row of billing_identity without its key: which event an identity counts as."""

    key: WindowKey
    value: Decimal
    event_us: int
    ingest_us: int
    partition: int
    offset: int


@dataclass
class PaneEvidence:
    """All rows. `watermark_us` None: there is none yet; windows that end by `closed_to_us` are closed."""

    panes: dict[WindowKey, list[Pane]] = field(default_factory=dict)
    pending: dict[WindowKey, Pending] = field(default_factory=dict)
    fed: dict[WindowKey, tuple[Decimal, int]] = field(default_factory=dict)
    too_late: list[TooLate] = field(default_factory=list)
    holders: dict[tuple[int, str], Holder] = field(default_factory=dict)
    watermark_us: int | None = None
    closed_to_us: int = 0
