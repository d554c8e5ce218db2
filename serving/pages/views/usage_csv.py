"""The usage tables as CSV: the rows of every page, in the order shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.http.response import HttpResponseBase

from serving.csv_stream import csv_response, file_name
from serving.pages.state import Show, UsageState
from serving.queries.dimensions import TOPIC
from serving.queries.freshness import freshness
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.usage import Selection, every_bucket_row, every_total


@dataclass(frozen=True)
class UsageTable:
    """A table of the usage page as rows of cells."""

    state: UsageState
    selection: Selection
    earlier: Selection | None

    def totals_head(self) -> list[str]:
        return [*self._head(), "bytes", "finality", *(["bytes_compared"] if self.earlier else [])]

    def totals(self) -> Iterator[Sequence[object]]:
        old = {row.id: row.value for row in every_total(self.earlier)} if self.earlier else {}
        for row in every_total(self.selection, self.state.sort):
            compared = (old.get(row.id),) if self.earlier else ()
            yield (*self._who(row.id, row.name), row.value, row.finality.value, *compared)

    def times_head(self) -> list[str]:
        return ["start", "end", *self._head(), "bytes", "finality"]

    def times(self) -> Iterator[Sequence[object]]:
        zone = self.state.chosen.zone
        for row in every_bucket_row(self.selection, self.state.sort):
            bucket = self.selection.buckets.numbered(row.bucket, self.state.now)
            ends = (bucket.start.astimezone(zone), bucket.end.astimezone(zone))
            yield (*ends, *self._who(row.id, row.name), row.value, row.finality.value)

    def _head(self) -> list[str]:
        return [self.state.dimension.key, *(["name"] if self.state.dimension.named else [])]

    def _who(self, id: str, name: str | None) -> tuple[str, ...]:
        return (id, name or "") if self.state.dimension.named else (id,)


def usage_csv(state: UsageState) -> HttpResponseBase:
    """The table that the state shows."""
    with one_snapshot():
        selection = Selection(state.cut(freshness(state.now, TOPIC)), state.dimension, state.ids)
    table = UsageTable(state, selection, state.compared_selection(selection))
    if state.show is Show.TOTALS:
        return _download(state, "usage", table.totals_head(), table.totals)
    return _download(state, "usage-over-time", table.times_head(), table.times)


def _download(
    state: UsageState, subject: str, head: list[str], rows: Callable[[], Iterator[Sequence[object]]]
) -> HttpResponseBase:
    start, end = (moment.astimezone(state.chosen.zone) for moment in (state.chosen.start, state.chosen.end))
    name = file_name(f"{subject}-by-{state.dimension.key}", start, end)
    return csv_response(name, head, within_snapshot(rows))
