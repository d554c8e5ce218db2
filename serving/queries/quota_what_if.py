"""Who would have gone above another hourly limit, when and how often; beside who went above the quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from metering.streams.devices import DEVICES, USER
from serving.queries.snapshot import ask, composed, statement, stream, whole

PAGE_ROWS = 50


@dataclass(frozen=True)
class Limit:
    """So many bytes an hour for everyone, or so many percent of each user's quota; one of them is None."""

    bytes: int | None
    percent: Decimal | None


@dataclass(frozen=True)
class QuotaQuestion:
    """Hours that start in [start, end), of which users (empty: all)."""

    start: datetime
    end: datetime
    limit: Limit
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class UserCrossing:
    """A user: hours above the quota now, above the limit then, the first and last of those, the largest hour."""

    id: str
    name: str | None
    quota: int | None
    hours_now: int
    hours_then: int
    first_then: datetime | None
    last_then: datetime | None
    most: int


@dataclass(frozen=True)
class HourCrossing:
    """An hour above one of the two. `limit_then`: what the limit is for this user in this hour."""

    id: str
    hour: datetime
    usage: int
    quota: int | None
    limit_then: Decimal | None
    is_above: bool
    would_be_above: bool


@dataclass(frozen=True)
class Crossings:
    """Of all users: how many went above, and in how many hours; now and then. `count`: users above either."""

    count: int = 0
    users_now: int = 0
    users_then: int = 0
    hours_now: int = 0
    hours_then: int = 0


@dataclass(frozen=True)
class _UserRow(UserCrossing):
    rows: int
    users_now: int
    users_then: int
    all_now: int
    all_then: int


@dataclass(frozen=True)
class _HourRow(HourCrossing):
    rows: int


def users_above(question: QuotaQuestion, page: int = 1, size: int = PAGE_ROWS) -> tuple[list[Any], Crossings]:
    """A page of users, those whose number of hours changes most first; and the sums over all."""
    rows = ask(_with_hours("what_if_quotas"), _parameters(question, size, (page - 1) * size), _UserRow)
    if not rows:
        return [], Crossings()
    one = rows[0]
    return rows, Crossings(one.rows, one.users_now, one.users_then, whole(one.all_now), whole(one.all_then))


def every_user_above(question: QuotaQuestion) -> Iterator[UserCrossing]:
    """All of them, in the page's order."""
    return stream(_with_hours("what_if_quotas"), _parameters(question, None, 0), _UserRow)


def hours_above(question: QuotaQuestion, page: int = 1, size: int = PAGE_ROWS) -> tuple[list[Any], int]:
    """A page of hours, the latest first; and how many there are."""
    rows = ask(_with_hours("what_if_quota_page"), _parameters(question, size, (page - 1) * size), _HourRow)
    return rows, rows[0].rows if rows else 0


def every_hour_above(question: QuotaQuestion) -> Iterator[HourCrossing]:
    """All of them, in the page's order."""
    return stream(_with_hours("what_if_quota_page"), _parameters(question, None, 0), _HourRow)


def _with_hours(name: str) -> sql.Composed:
    return composed(name, hours=sql.SQL(statement("what_if_quota_hours")))


def _parameters(question: QuotaQuestion, limit: int | None, offset: int) -> dict[str, object]:
    return {
        "topic": DEVICES.topic, "type": USER, "start": question.start, "end": question.end,
        "bytes": question.limit.bytes, "percent": question.limit.percent, "ids": list(question.ids) or None,
        "limit": limit, "offset": offset}
