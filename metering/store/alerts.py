"""Quota alerts: raised from the served view, judged with an hour's publish. Each change of state fills the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.alerts import RuleKind, period_at
from metering.domain.stream import Quota, Stream
from metering.sql import statement


@dataclass(frozen=True)
class OpenAlert:
    """An alert that was raised and is not confirmed. `threshold`: as it was when raised."""

    number: int
    id: str
    percent: int
    threshold: Decimal


def raise_quota_alerts(cursor: Cursor, stream: Stream, quota: Quota, moment: datetime) -> int:
    """Raise what is above its threshold now; returns how many. A repeat raises nothing: told once an hour.

    Looks at the hour of `moment`, at later ones, and at the hour before until it is final: older hours are the batch
    layer's.
    """
    start = period_at(RuleKind.QUOTA, moment).start
    cursor.execute(_of(stream, quota, "alerts/raise_quota"), {"cut_type": quota.cut_type, "start": start})
    return int(cursor.rowcount)


def open_of_hour(cursor: Cursor, hour: datetime) -> list[OpenAlert]:
    """The alerts of an hour whose crossing the exact count may confirm."""
    cursor.execute(statement("alerts/open_of_hour"), {"hour": hour})
    return [OpenAlert(*row) for row in cursor.fetchall()]


def judge_hour(
    cursor: Cursor, stream: Stream, quota: Quota, hour: datetime, crossed_at: Mapping[int, datetime]
) -> int:
    """Confirm, withdraw and tell of what was missed, as the published hour stands; returns how many changed.

    In the transaction of the publish, after it. `crossed_at`: alert → append time of the event that crossed, as far
    as it is known. The same hour judged again changes nothing.
    """
    about = {
        "topic": stream.topic, "cut_type": quota.cut_type, "hour": hour, "numbers": list(crossed_at),
        "moments": list(crossed_at.values())}
    cursor.execute(_of(stream, quota, "alerts/judge_hour"), about)
    changed = cursor.rowcount
    cursor.execute(_of(stream, quota, "alerts/tell_missed"), about)
    return int(changed + cursor.rowcount)


def unjudged_hours(cursor: Cursor, topic: str) -> list[datetime]:
    """Published hours that still have alerts which are only raised."""
    cursor.execute(statement("alerts/unjudged_hours"), {"topic": topic})
    return [hour for (hour,) in cursor.fetchall()]


def _of(stream: Stream, quota: Quota, name: str) -> sql.Composed:
    """The statement on the tables by hour of the quota's rollup: one constant names the cut, one column the user."""
    rollup = stream.rollup(quota.rollup)
    cut = next(iter(rollup.cuts[0].constants))
    user = next(column for column in rollup.dimensions if column != cut)
    return statement(
        name, batch=sql.Identifier(str(rollup.hourly_batch)), hourly=sql.Identifier(str(rollup.hourly_merged)),
        hour=sql.Identifier(rollup.hour_column), cut=sql.Identifier(cut), user=sql.Identifier(user),
        measure=sql.Identifier(rollup.measures[0].column))
