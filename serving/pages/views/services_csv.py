"""The tables of the page of services as CSV: the rows of every page, in the order shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.http.response import HttpResponseBase

from serving.csv_stream import csv_response, file_name
from serving.pages.machine_state import ServicesState
from serving.pages.state import Show
from serving.queries.freshness import freshness
from serving.queries.services import (
    MEASURES,
    TOPIC,
    ServiceSelection,
    ServiceUse,
    every_service_row,
    every_service_total,
)
from serving.queries.snapshot import one_snapshot, within_snapshot

_READING = ("sum", "known", "average", "peak", "peak_time")
_HEAD = (
    "service", *(f"{name}_{part}" for name in MEASURES for part in _READING), "messages", "finality")


def services_csv(state: ServicesState) -> HttpResponseBase:
    """The table that the state shows."""
    with one_snapshot():
        selection = ServiceSelection(state.cut(freshness(state.now, TOPIC)), state.services)
    if state.show is Show.TOTALS:
        return _download(state, "services", _HEAD, lambda: _totals(state, selection))
    return _download(state, "services-over-time", ("start", "end", *_HEAD), lambda: _times(state, selection))


def _totals(state: ServicesState, selection: ServiceSelection) -> Iterator[Sequence[object]]:
    for use in every_service_total(selection, state.sort):
        yield _cells(state, use)


def _times(state: ServicesState, selection: ServiceSelection) -> Iterator[Sequence[object]]:
    zone = state.chosen.zone
    for use in every_service_row(selection, state.sort):
        bucket = selection.buckets.numbered(use.bucket, state.now)
        yield (bucket.start.astimezone(zone), bucket.end.astimezone(zone), *_cells(state, use))


def _cells(state: ServicesState, use: ServiceUse) -> list[object]:
    cells: list[object] = [use.service]
    for reading in use.readings.values():
        at = reading.peak_time.astimezone(state.chosen.zone) if reading.peak_time else None
        cells += [reading.total, reading.known, reading.average, reading.peak, at]
    return [*cells, use.messages, use.finality.value]


def _download(
    state: ServicesState, subject: str, head: Sequence[str], rows: Callable[[], Iterator[Sequence[object]]]
) -> HttpResponseBase:
    ends = (moment.astimezone(state.chosen.zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name(subject, *ends), head, within_snapshot(rows))
