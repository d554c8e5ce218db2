"""Who used how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from metering.clock import SystemClock
from serving.api.answers import Fault, UsagePage, UsageRow, next_page
from serving.api.parameters import UsageQuery, read_limit, read_usage_over_time, wants_csv
from serving.csv_stream import csv_response, file_name
from serving.pages.state import Show, UsageState
from serving.queries.buckets import Bucket
from serving.queries.dimensions import TOPIC, Finality
from serving.queries.freshness import freshness
from serving.queries.snapshot import one_snapshot
from serving.queries.usage import (
    BucketRow,
    Selection,
    Total,
    bucket_rows,
    every_bucket_row,
    every_total,
    totals,
)

router = Router(tags=["usage"])


@router.get(
    "/usage", operation_id="usage", summary="Usage by user, app or antenna", response={200: UsagePage, 400: Fault})
def usage(request: HttpRequest, query: Query[UsageQuery]) -> UsagePage | HttpResponseBase:
    """Sums of bytes by time and id, or by id alone, each marked provisional, final or corrected."""
    state = read_usage_over_time(request.GET, SystemClock().now())
    limit = read_limit(request.GET)
    if wants_csv(request.GET):
        name = file_name(f"usage_{state.dimension.key}", state.chosen.start, state.chosen.end)
        return csv_response(name, list(UsageRow.model_fields), _csv_rows(state))
    with one_snapshot():
        question = _Question.of(state)
        rows, count = question.page(limit)
    return UsagePage(
        start=question.local(question.selection.buckets.start),
        end=question.local(question.selection.buckets.end),
        tz=state.chosen.zone.key, count=count, page=state.page,
        next=next_page(request, state.page, limit, count),
        by=state.dimension.key, granularity=question.selection.buckets.granularity.value, rows=rows)


def _csv_rows(state: UsageState) -> Iterator[list[object]]:
    with one_snapshot():
        for row in _Question.of(state).every():
            yield list(dict(row).values())


@dataclass(frozen=True)
class _Question:
    """A usage question with its range cut into buckets."""

    state: UsageState
    selection: Selection

    @classmethod
    def of(cls, state: UsageState) -> _Question:
        """To be made and asked inside of one snapshot: how far the data reaches decides the cut."""
        return cls(state, Selection(state.cut(freshness(state.now, TOPIC)), state.dimension, state.ids))

    def page(self, limit: int) -> tuple[list[UsageRow], int]:
        """The rows of the state's page, and how many there are in all."""
        state = self.state
        if state.show is Show.TOTALS:
            found = totals(self.selection, state.sort, state.page, limit)
            return [self._total(row) for row in found.rows], found.ids
        rows, count = bucket_rows(self.selection, state.sort, state.page, limit)
        return [self._of_bucket(row) for row in rows], count

    def every(self) -> Iterator[UsageRow]:
        """All rows, streamed."""
        if self.state.show is Show.TOTALS:
            return (self._total(row) for row in every_total(self.selection, self.state.sort))
        return (self._of_bucket(row) for row in every_bucket_row(self.selection, self.state.sort))

    def local(self, moment: datetime) -> datetime:
        """The instant with the offset of the zone asked for."""
        return moment.astimezone(self.state.chosen.zone)

    def _total(self, row: Total) -> UsageRow:
        buckets = self.selection.buckets
        partial = buckets.start <= self.state.now < buckets.end
        return self._row(Bucket(buckets.start, buckets.end, partial), row)

    def _of_bucket(self, row: BucketRow) -> UsageRow:
        return self._row(self.selection.buckets.numbered(row.bucket, self.state.now), row)

    def _row(self, bucket: Bucket, row: Total | BucketRow) -> UsageRow:
        return UsageRow(
            timestamp=self.local(bucket.start), end=self.local(bucket.end), id=row.id, name=row.name,
            value=row.value, type=self.state.dimension.type,
            provisional=row.finality is Finality.PROVISIONAL, finality=row.finality.value,
            partial=bucket.partial)
