"""Every hour counted twice."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from metering.clock import SystemClock
from serving.api.answers import Fault, ProofPage, ProofRow, next_page
from serving.api.parameters import RangeQuery, read_limit, wants_csv
from serving.csv_stream import csv_response, file_name
from serving.pages.state import read_page, read_range
from serving.queries.dimensions import Finality, finality
from serving.queries.proof import HourProof, hour_proofs
from serving.queries.snapshot import one_snapshot
from serving.ranges import TimeRange

router = Router(tags=["proof"])

_CSV_HOURS = 1000  # hours a question, so that a long range is never held in memory whole


@router.get(
    "/proof", operation_id="proof", summary="The two counts of each hour", response={200: ProofPage, 400: Fault})
def proof(request: HttpRequest, query: Query[RangeQuery]) -> ProofPage | HttpResponseBase:
    """What the fast count and the exact count say of each hour and type, and whether they agree."""
    chosen = read_range(request.GET, SystemClock().now())
    limit, page = read_limit(request.GET), read_page(request.GET)
    if wants_csv(request.GET):
        name = file_name("proof", chosen.start, chosen.end)
        return csv_response(name, list(ProofRow.model_fields), _csv_rows(chosen))
    with one_snapshot():
        hours, count = hour_proofs(chosen, page, limit)
    return ProofPage(
        start=chosen.start.astimezone(chosen.zone), end=chosen.end.astimezone(chosen.zone), tz=chosen.zone.key,
        count=count, page=page, next=next_page(request, page, limit, count),
        rows=[row for hour in hours for row in _rows(hour, chosen)])


def _csv_rows(chosen: TimeRange) -> Iterator[list[object]]:
    page = 1
    with one_snapshot():
        while hours := hour_proofs(chosen, page, _CSV_HOURS)[0]:
            for hour in hours:
                yield from (list(dict(row).values()) for row in _rows(hour, chosen))
            page += 1


def _rows(hour: HourProof, chosen: TimeRange) -> list[ProofRow]:
    mark = finality(not hour.final or hour.waiting, corrected=False)
    return [
        ProofRow(
            hour=hour.hour.astimezone(chosen.zone), type=count.dimension.type, realtime=count.realtime,
            archive=count.archive, batch=count.batch, duplicates=count.duplicates, ok=count.ok, why=count.why,
            run=hour.run, proved_at=hour.proved_at, revision=hour.revision, verdict=hour.verdict.value,
            provisional=mark is Finality.PROVISIONAL, finality=mark.value)
        for count in hour.counts
    ]
