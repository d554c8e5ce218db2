"""Every hour of every stream counted twice."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from metering.clock import SystemClock
from serving.api.answers import Fault, ProofPage, ProofRow, next_page
from serving.api.parameters import ProofQuery, read_limit, wants_csv
from serving.csv_stream import csv_response, file_name
from serving.pages.state import read_page, read_range, read_stream
from serving.queries.dimensions import Finality, finality
from serving.queries.proof import HourProof, hour_proofs
from serving.queries.snapshot import one_snapshot
from serving.queries.streams import every_topic
from serving.ranges import TimeRange

router = Router(tags=["proof"])

_CSV_HOURS = 1000  # hours a question, so that a long range is never held in memory whole


@router.get(
    "/proof", operation_id="proof", summary="The two counts of each hour", response={200: ProofPage, 400: Fault})
def proof(request: HttpRequest, query: Query[ProofQuery]) -> ProofPage | HttpResponseBase:
    """What the fast count and the exact count say of each hour, stream and type, and whether they agree."""
    chosen, stream = read_range(request.GET, SystemClock().now()), read_stream(request.GET)
    topics = [stream] if stream else every_topic()
    limit, page = read_limit(request.GET), read_page(request.GET)
    if wants_csv(request.GET):
        name = file_name("proof", chosen.start, chosen.end)
        return csv_response(name, list(ProofRow.model_fields), _csv_rows(chosen, topics))
    with one_snapshot():
        hours, count = hour_proofs(chosen, topics, page, limit)
    return ProofPage(
        start=chosen.start.astimezone(chosen.zone), end=chosen.end.astimezone(chosen.zone), tz=chosen.zone.key,
        count=count, page=page, next=next_page(request, page, limit, count),
        rows=[row for hour in hours for row in _rows(hour, chosen)])


def _csv_rows(chosen: TimeRange, topics: list[str]) -> Iterator[list[object]]:
    page = 1
    with one_snapshot():
        while hours := hour_proofs(chosen, topics, page, _CSV_HOURS)[0]:
            for hour in hours:
                yield from (list(dict(row).values()) for row in _rows(hour, chosen))
            page += 1


def _rows(hour: HourProof, chosen: TimeRange) -> list[ProofRow]:
    mark = finality(not hour.final or hour.waiting > 0, corrected=False)
    return [
        ProofRow(
            hour=hour.hour.astimezone(chosen.zone), stream=hour.topic, type=count.of.type, realtime=count.realtime,
            archive=count.archive, batch=count.batch, duplicates=count.duplicates, ok=count.ok, why=count.why,
            run=hour.run, proved_at=hour.proved_at, events=hour.events, repeats=hour.repeats, waiting=hour.waiting,
            revision=hour.revision, verdict=hour.verdict.value,
            provisional=mark is Finality.PROVISIONAL, finality=mark.value)
        for count in hour.counts
    ]
