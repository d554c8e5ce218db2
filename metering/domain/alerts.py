"""Alerts: the rules on what was used, when a limit is crossed, and what becomes of an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import MAX_PREC, MIN_EMIN, Context, Decimal
from enum import StrEnum

LOWEST_PERCENT, HIGHEST_PERCENT = 1, 1000
USUAL_PERCENTS = (80, 100, 120)

_EXACT = Context(prec=MAX_PREC, Emin=MIN_EMIN)


class RuleKind(StrEnum):
    """What a rule watches, and with it how long its period is."""

    QUOTA = "quota"
    """A user's bytes against the hourly quota: the hour, UTC."""

    BUDGET = "budget"
    """A customer's rated cost against a budget: the calendar month, UTC."""


class AlertState(StrEnum):
    """What an alert is. RAISED is the speed layer's word, the others are the batch layer's."""

    RAISED = "raised"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    MISSED = "missed"


@dataclass(frozen=True)
class Rule:
    """Tell when `percent` of the limit is used. `subject`: of this id only; None: of every id."""

    kind: RuleKind
    percent: int
    subject: str | None = None

    def __post_init__(self) -> None:
        if not LOWEST_PERCENT <= self.percent <= HIGHEST_PERCENT:
            raise ValueError(f"percent {self.percent}: want {LOWEST_PERCENT} … {HIGHEST_PERCENT}")

    def watches(self, id: str) -> bool:
        return self.subject in (None, id)


@dataclass(frozen=True)
class Period:
    """What a rule is judged over, and told at most once in: half-open, UTC."""

    start: datetime
    end: datetime


def period_at(kind: RuleKind, moment: datetime) -> Period:
    """The period of a rule of `kind` that holds `moment`.

    >>> period_at(RuleKind.BUDGET, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).end.isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if kind is RuleKind.QUOTA:
        return Period(hour, hour + timedelta(hours=1))
    start = hour.replace(day=1, hour=0)
    return Period(start, (start + timedelta(days=31)).replace(day=1))


def threshold(percent: int, limit: Decimal | int) -> Decimal:
    """`percent` of `limit`, exact whatever its size.

    >>> threshold(80, 1001)
    Decimal('800.80')
    """
    return _EXACT.multiply(_EXACT.scaleb(Decimal(percent), -2), Decimal(limit))


def crosses(used: Decimal | int, percent: int, limit: Decimal | int) -> bool:
    """Whether use has reached the threshold: on the border it has. Where nothing was used nothing is crossed.

    >>> crosses(800, 80, 1000), crosses(799, 80, 1000), crosses(0, 80, 0)
    (True, False, False)
    """
    return used > 0 and Decimal(used) >= threshold(percent, limit)


def judged(state: AlertState | None, *, was_raised: bool, exact: bool, served: bool) -> AlertState | None:
    """What the batch layer makes of an alert, or of none, once a period's exact use is known.

    `exact`: the exact use crosses. `served`: it does together with what the batch layer has not taken over yet; then
    nothing is taken back so far. The same again gives the same state: no change, nothing to tell. After a withdrawal
    only the batch layer speaks.
    """
    if exact:
        return AlertState.CONFIRMED if was_raised else AlertState.MISSED
    if state is None or served:
        return state
    return AlertState.WITHDRAWN
