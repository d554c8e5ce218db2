"""Who used how much: totals by id, the same by bucket, and both for another range to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from psycopg2 import sql

from serving.queries.buckets import Buckets
from serving.queries.dimensions import TOPIC, Dimension, Finality, finality
from serving.queries.snapshot import ask, composed, stream, whole

PAGE_ROWS = 50
MOST_SERIES = 8

TOTAL_ORDERS = {
    "-value": "value DESC, id", "value": "value, id",
    "id": "id", "-id": "id DESC",
    "name": "name NULLS LAST, id", "-name": "name DESC NULLS LAST, id",
}
ROW_ORDERS = {
    "time": "bucket, value DESC, id", "-time": "bucket DESC, value DESC, id",
    "-value": "value DESC, bucket, id", "value": "value, bucket, id",
    "id": "id, bucket", "-id": "id DESC, bucket",
}


@dataclass(frozen=True)
class _Part:
    """A stretch of the range, between two of the selection's parameters, and the view it is read from."""

    view: str
    first: str
    end: str


@dataclass(frozen=True)
class Selection:
    """What is looked at: the cut range, by what, and of which ids (empty: of all)."""

    buckets: Buckets
    dimension: Dimension
    ids: tuple[str, ...] = ()

    @property
    def marked(self) -> sql.Composed:
        """The rows that are looked at, each with its marks, as SQL; only the parts of the range that are not empty."""
        hours_start, hours_end = self.buckets.hours
        parts = (
            _Part("usage", "start", "hours_start"), _Part("usage_hourly", "hours_start", "hours_end"),
            _Part("usage", "hours_end", "end"))
        lengths = (hours_start - self.buckets.start, hours_end - hours_start, self.buckets.end - hours_end)
        return _marked(tuple(part for part, length in zip(parts, lengths, strict=True) if length) or parts[:1])

    def parameters(self, **more: object) -> dict[str, object]:
        hours_start, hours_end = self.buckets.hours
        return {
            "topic": TOPIC, "type": self.dimension.type, "named": self.dimension.named,
            "start": self.buckets.start, "end": self.buckets.end,
            "hours_start": hours_start, "hours_end": hours_end,
            "ids": list(self.ids) or None, "edges": list(self.buckets.edges), **more,
        }


@dataclass(frozen=True)
class Total:
    """One id's bytes in the range. `name` is None for what has no metadata, and where ids have no names."""

    id: str
    name: str | None
    value: int
    finality: Finality


@dataclass(frozen=True)
class Totals:
    """A page of totals, and the sums over all `ids` of them. Without rows `total` is no data, not zero."""

    rows: list[Total]
    ids: int
    total: int | None
    finality: Finality


@dataclass(frozen=True)
class Point:
    """Bytes of an id in a bucket (numbered from 1). `id` None: all that are not among the largest."""

    bucket: int
    id: str | None
    value: int
    finality: Finality
    name: str | None = None


@dataclass(frozen=True)
class BucketRow:
    """Bytes of an id in a bucket, as the table over time shows it."""

    bucket: int
    id: str
    name: str | None
    value: int
    finality: Finality


@dataclass(frozen=True)
class Before:
    """What the range compared with held: in all (None: no data) and of the ids asked for."""

    total: int | None
    by_id: dict[str, int]


def totals(selection: Selection, sort: str = "-value", page: int = 1, size: int = PAGE_ROWS) -> Totals:
    """Page `page` (from 1) of the ids with their sums, ordered by a key of TOTAL_ORDERS."""
    rows = ask(_totals(selection, sort), selection.parameters(limit=size, offset=(page - 1) * size), _TotalRow)
    if not rows:
        return Totals([], 0, None, Finality.FINAL)
    first = rows[0]
    all_of_them = finality(first.total_provisional, first.total_corrected)
    return Totals([row.read() for row in rows], first.ids, whole(first.total), all_of_them)


def every_total(selection: Selection, sort: str = "-value") -> Iterator[Total]:
    """All pages of `totals`, streamed."""
    rows = stream(_totals(selection, sort), selection.parameters(limit=None, offset=0), _TotalRow)
    return (row.read() for row in rows)


def series(selection: Selection, most: int = MOST_SERIES) -> list[Point]:
    """The sums by bucket of the `most` largest ids and of the rest together; a bucket without rows is absent."""
    question = composed("usage_series", marked=selection.marked)
    return ask(question, selection.parameters(most=most), _point)


def bucket_rows(
    selection: Selection, sort: str = "time", page: int = 1, size: int = PAGE_ROWS
) -> tuple[list[BucketRow], int]:
    """Page `page` of the sums by bucket and id, ordered by a key of ROW_ORDERS, and how many there are in all."""
    rows = ask(_rows(selection, sort), selection.parameters(limit=size, offset=(page - 1) * size), _SeriesRow)
    return [row.read() for row in rows], rows[0].rows if rows else 0


def every_bucket_row(selection: Selection, sort: str = "time") -> Iterator[BucketRow]:
    """All pages of `bucket_rows`, streamed."""
    rows = stream(_rows(selection, sort), selection.parameters(limit=None, offset=0), _SeriesRow)
    return (row.read() for row in rows)


def before(earlier: Selection, shown: Sequence[str]) -> Before:
    """The sums of the range compared with: of the `shown` ids, and of all."""
    question = composed("usage_before", marked=earlier.marked)
    rows = dict(ask(question, earlier.parameters(shown=list(shown)), lambda id, value: (id, whole(value))))
    return Before(
        total=sum(rows.values()) if rows else None,
        by_id={id: value for id, value in rows.items() if id is not None})


@dataclass(frozen=True)
class _TotalRow:
    id: str
    name: str | None
    value: Decimal
    provisional: bool
    corrected: bool
    ids: int
    total: Decimal
    total_provisional: bool
    total_corrected: bool

    def read(self) -> Total:
        return Total(self.id, self.name, whole(self.value), finality(self.provisional, self.corrected))


@dataclass(frozen=True)
class _SeriesRow:
    bucket: int
    id: str
    name: str | None
    value: Decimal
    provisional: bool
    corrected: bool
    rows: int

    def read(self) -> BucketRow:
        mark = finality(self.provisional, self.corrected)
        return BucketRow(self.bucket, self.id, self.name, whole(self.value), mark)


def _point(
    bucket: int, id: str | None, name: str | None, value: Decimal, provisional: bool, corrected: bool
) -> Point:
    return Point(bucket, id, whole(value), finality(provisional, corrected), name)


@cache
def _marked(parts: tuple[_Part, ...]) -> sql.Composed:
    served = [
        composed("served", view=sql.Identifier(part.view), first=sql.Placeholder(part.first),
                 end=sql.Placeholder(part.end))
        for part in parts]
    return composed("marked", served=sql.SQL("UNION ALL\n").join(served))


def _totals(selection: Selection, sort: str) -> sql.Composed:
    return composed("usage_totals", marked=selection.marked, order=sql.SQL(TOTAL_ORDERS[sort]))


def _rows(selection: Selection, sort: str) -> sql.Composed:
    return composed("usage_rows", marked=selection.marked, order=sql.SQL(ROW_ORDERS[sort]))
