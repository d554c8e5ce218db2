"""The lines of the usage tables: numbers joined with names, shares, changes and the colour in the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.charts import OTHERS, swatch
from serving.figures import change_text, share_text
from serving.queries.buckets import Bucket, Buckets
from serving.queries.dimensions import Finality
from serving.queries.usage import Before, BucketRow, Totals

NO_DATA_BEFORE = "no data before"


@dataclass(frozen=True)
class TotalLine:
    """A line of the totals. `swatch` names its colour in the chart; `change` is empty without a comparison."""

    id: str
    name: str | None
    value: int
    finality: Finality
    share: str
    swatch: str
    earlier: int | None
    change: str


@dataclass(frozen=True)
class TimeLine:
    """A line of the table over time."""

    bucket: Bucket
    id: str
    name: str | None
    value: int
    finality: Finality


@dataclass(frozen=True)
class LegendLine:
    """A colour of the chart, the id that has it (empty: all others) and the id's name."""

    swatch: str
    id: str
    name: str


def total_lines(found: Totals, earlier: Before | None, order: Sequence[str | None]) -> list[TotalLine]:
    """The page of totals; `order` is the chart's, the largest first."""
    swatches = {line.id: line.swatch for line in legend_lines(order, {})}
    return [
        TotalLine(
            row.id, row.name, row.value, row.finality, share_text(row.value, found.total or 0),
            swatches.get(row.id, "series-others"), earlier.by_id.get(row.id) if earlier else None,
            change(row.value, earlier, row.id))
        for row in found.rows]


def time_lines(rows: Sequence[BucketRow], buckets: Buckets, now: datetime) -> list[TimeLine]:
    """The page of sums by bar and id."""
    return [
        TimeLine(buckets.numbered(row.bucket, now), row.id, row.name, row.value, row.finality)
        for row in rows]


def legend_lines(order: Sequence[str | None], names: Mapping[str, str]) -> list[LegendLine]:
    """The chart's colours from the largest id to the others."""
    places = {id: place for place, id in enumerate(order, 1)}
    return [LegendLine(swatch(id, places), id or "", names.get(id, "") if id else OTHERS) for id in order]


def change(value: int | None, earlier: Before | None, id: str | None = None) -> str:
    """The difference to the range compared with, of one id or of all; empty where nothing is compared."""
    if earlier is None or value is None:
        return ""
    old = earlier.total if id is None else earlier.by_id.get(id)
    return NO_DATA_BEFORE if old is None else change_text(value, old)
