"""The views in Spark SQL: of the tasks' partial sums, 5-minute and hourly rows in one pass, and the violations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from batch_layer.parts import Part, column_name
from metering.arrow.schemas import UTC_MICROS
from metering.domain.rollup import Measure, MeasureKind, Rollup
from metering.domain.stream import Quota, Stream

_AGGREGATE = {
    MeasureKind.SUM: "cast(sum({it}) AS decimal(38,{decimals}))",
    MeasureKind.COUNT: "cast(sum({it}) AS decimal(38,0))",
    MeasureKind.MAX: "max({it})",
    MeasureKind.MAX_TIME: "max_by({it}, struct({maximum}, -unix_micros({it})))",
}

HOURLY = "hourly"
"""The mark of the rows by hour, beside the tasks' own parts."""

UserQuotas = Mapping[str, tuple[str, int]]
"""User id → (email, quota)."""


@dataclass(frozen=True)
class JudgedBy:
    """`frozen`: what final hours keep, by hour; `now`: the quota of every user with metadata."""

    now: UserQuotas
    frozen: Mapping[datetime, UserQuotas]

    @property
    def knows_any(self) -> bool:
        """Whether there is a quota that could be exceeded."""
        return bool(self.now or self.frozen)

    def of(self, hour: datetime, user: str) -> tuple[str, int] | None:
        """(email, quota) of a user in an hour; None without metadata."""
        return self.frozen.get(hour, {}).get(user) or self.now.get(user)


def rollup_rows(parts: DataFrame, rollup: Rollup) -> DataFrame:
    """Columns: mark, hour, the key's (the window's null in rows by hour), the measures. EXACT also by hour.

    One pass: GROUPING SETS give each part's rows by window and by hour at once.
    """
    key = ", ".join(f"`{column_name(rollup, column)}`" for column in rollup.dimensions)
    window = f"`{column_name(rollup, rollup.window_column)}`"
    measures = ", ".join(
        f"{_aggregate(rollup, measure)} AS `{column_name(rollup, measure.column)}`" for measure in rollup.measures)
    return parts.sparkSession.sql(
        f"""
        WITH summed AS (
            SELECT part, grouping({window}) = 1 AS by_hour, hour, {window}, {key}, {measures}
            FROM {{parts}}
            WHERE rollup = '{rollup.name}'
            GROUP BY GROUPING SETS ((part, hour, {window}, {key}), (part, hour, {key}))
        )
        SELECT CASE WHEN by_hour THEN '{HOURLY}' ELSE part END AS mark, summed.* EXCEPT (part, by_hour)
        FROM summed
        WHERE NOT by_hour OR part = '{Part.EXACT}'
        """,  # noqa: S608  the names are the declaration's own; values are never put in
        parts=parts)


def _aggregate(rollup: Rollup, measure: Measure) -> str:
    """A measure of many partial rows; among equal maxima the earliest time is the greatest negative one."""
    maximum = rollup.maximum_of(measure).column if measure.kind is MeasureKind.MAX_TIME else ""
    return _AGGREGATE[measure.kind].format(
        it=f"`{column_name(rollup, measure.column)}`", decimals=measure.decimals,
        maximum=f"`{column_name(rollup, maximum)}`")


def violations(rows: DataFrame, stream: Stream, quota: Quota, judged_by: JudgedBy) -> DataFrame:
    """Columns: hour, email, usage, quota: users whose hourly measure exceeds what they are judged by.

    A user without metadata has no quota and cannot exceed it; the count itself is in the hourly rows anyway.
    """
    rollup = stream.rollup(quota.rollup)
    cut, user = _cut_and_user(rollup)
    usage = F.col(column_name(rollup, rollup.measures[0].column))
    users = rows.where((F.col("mark") == HOURLY) & (F.col(column_name(rollup, cut)) == quota.cut_type)).select(
        "hour", F.col(column_name(rollup, user)).alias("id"), usage.alias("usage"))
    session = rows.sparkSession
    frozen = _frozen_frame(session, judged_by.frozen)
    now = _now_frame(session, judged_by.now)
    return (
        users.join(F.broadcast(frozen), on=["hour", "id"], how="left")
        .join(F.broadcast(now), on="id", how="left")
        .select(
            "hour", "usage",
            F.coalesce("frozen_email", "now_email").alias("email"),
            F.coalesce("frozen_quota", "now_quota").alias("quota"))
        .where(F.col("usage") > F.col("quota"))
    )


def _cut_and_user(rollup: Rollup) -> tuple[str, str]:
    """The column that names the cut and the one that names the user."""
    constant = next(iter(rollup.cuts[0].constants))
    return constant, next(column for column in rollup.dimensions if column != constant)


def users_of(hourly: pa.Table, rollup: Rollup, quota: Quota) -> list[str]:
    """The users in an hour's hourly rows, in the rollup's own columns."""
    cut, user = _cut_and_user(rollup)
    return list(hourly.filter(pc.equal(hourly[cut], quota.cut_type))[user].to_pylist())


def _frozen_frame(session: SparkSession, frozen: Mapping[datetime, UserQuotas]) -> DataFrame:
    rows = [(hour, user, *quota) for hour, users in frozen.items() for user, quota in users.items()]
    kinds = {"hour": UTC_MICROS, "id": pa.string(), "frozen_email": pa.string(), "frozen_quota": pa.int64()}
    return _frame(session, rows, kinds)


def _now_frame(session: SparkSession, now: UserQuotas) -> DataFrame:
    rows = [(user, *quota) for user, quota in now.items()]
    return _frame(session, rows, {"id": pa.string(), "now_email": pa.string(), "now_quota": pa.int64()})


def _frame(session: SparkSession, rows: Sequence[tuple[object, ...]], kinds: Mapping[str, pa.DataType]) -> DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds.values(), strict=True)]
    return session.createDataFrame(pa.table(arrays, names=list(kinds)))
