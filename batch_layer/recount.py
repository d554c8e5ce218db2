"""Recounting a group of hours: plans, the Spark pass, and what came of each hour."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from batch_layer.count_hours import HOUR_ROWS_AT_ONCE, HourPlan, Recount
from batch_layer.parts import Part, column_name, parts_ddl
from batch_layer.views import HOURLY, JudgedBy, rollup_rows, violations
from metering.arrow.listed import FileToRead
from metering.domain.errors import ServiceAway
from metering.domain.event import Position, Rejected
from metering.domain.rollup import Rollup
from metering.domain.stream import Stream
from metering.store.publish import Violation
from metering.store.rotation import HourBefore, ListedFile


@dataclass
class HourCount:
    """What the files of an hour say. `rows`: part → rollup → its columns; damaged: why it cannot be counted."""

    hour: datetime
    events: int = 0
    repeats: int = 0
    conflicts: list[Rejected] = field(default_factory=list)
    contested: list[Position] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    rows: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)


def plan_hours(
    files: Sequence[ListedFile], before: Mapping[datetime, HourBefore], rows_at_once: int = HOUR_ROWS_AT_ONCE
) -> list[HourPlan]:
    """A plan per hour, several where the hour has more rows than a task should hold."""
    by_hour: dict[datetime, list[ListedFile]] = {hour: [] for hour in before}
    for file in files:
        by_hour[file.hour].append(file)
    return [plan for hour, listed in by_hour.items() for plan in _plans(before[hour], listed, rows_at_once)]


def _plans(before: HourBefore, listed: Sequence[ListedFile], rows_at_once: int) -> Iterator[HourPlan]:
    files = tuple(
        FileToRead(
            file.path, file.rows, file.size, fresh=file.generation > before.published_generation, sha256=file.sha256)
        for file in listed)
    buckets = max(1, math.ceil(sum(file.rows for file in files) / rows_at_once))
    hour_us = int(before.hour.timestamp()) * 1_000_000
    for bucket in range(buckets):
        yield HourPlan(hour_us, files, bucket, buckets)
        # What one task has found whole the others need not.
        files = tuple(replace(file, sha256="") for file in files)


def recount(
    session: SparkSession, stream: Stream, archive: str, plans: Sequence[HourPlan], judged_by: JudgedBy
) -> dict[datetime, HourCount]:
    """Read and count the planned hours in one Spark pass. Raises ServiceAway where the archive cannot be reached."""
    numbers = session.range(0, len(plans), 1, numPartitions=len(plans))
    parts = numbers.mapInArrow(Recount(stream, archive, tuple(plans)), parts_ddl(stream)).persist()
    try:
        return _collect(stream, parts, plans, judged_by)
    finally:
        parts.unpersist()


def _collect(
    stream: Stream, parts: DataFrame, plans: Sequence[HourPlan], judged_by: JudgedBy
) -> dict[datetime, HourCount]:
    counts = {hour: HourCount(hour) for hour in (_hour(plan.hour) for plan in plans)}
    for rollup in stream.rollups:
        rows = rollup_rows(parts, rollup).persist()
        try:
            _take_rows(counts, rollup, rows.toArrow())
            if judged_by.knows_any and stream.quota and stream.quota.rollup == rollup.name:
                found = violations(rows, stream, stream.quota, judged_by)
                for row in found.toArrow().to_pylist():
                    exceeded = Violation(row["email"], int(row["usage"]), row["quota"])
                    counts[_utc(row["hour"])].violations.append(exceeded)
        finally:
            rows.unpersist()
    marked = parts.where(parts.part.isin(Part.COUNT.value, Part.DAMAGE.value, Part.AWAY.value))
    _take_marks(counts, marked.select("part", "hour", "events", "repeats", "payload").toArrow())
    return counts


def _take_rows(counts: Mapping[datetime, HourCount], rollup: Rollup, rows: pa.Table) -> None:
    names = list(rollup.columns)
    for part in (Part.EXACT.value, Part.FRESH.value, Part.REPEATED.value, Part.WHOLE.value, HOURLY):
        of_part = rows.filter(pc.equal(rows["mark"], part))
        for hour in pc.unique(of_part["hour"]).to_pylist():
            mine = of_part.filter(pc.equal(of_part["hour"], pa.scalar(hour, of_part["hour"].type)))
            table = mine.select([column_name(rollup, name) for name in names]).rename_columns(names)
            if part == HOURLY:
                place = names.index(rollup.window_column)
                table = table.set_column(place, rollup.window_column, mine["hour"])
            counts[_utc(hour)].rows[(part, rollup.name)] = table


def _take_marks(counts: Mapping[datetime, HourCount], marks: pa.Table) -> None:
    for row in marks.to_pylist():
        count = counts[_utc(row["hour"])]
        if row["part"] == Part.AWAY:
            raise ServiceAway(row["payload"].decode())
        if row["part"] == Part.DAMAGE:
            count.damage.append(row["payload"].decode())
            continue
        letters, contested = pickle.loads(row["payload"])
        count.events += row["events"]
        count.repeats += row["repeats"]
        count.conflicts += letters
        count.contested += contested


def _hour(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

