"""Each hour counted twice, the offset balance, and what was rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.csv_stream import csv_response, file_name
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import RangeState, one_of, read_page, read_range
from serving.periods import ending_at
from serving.queries.balance import balance
from serving.queries.dead_letters import dead_letters
from serving.queries.freshness import freshness
from serving.queries.proof import PAGE_HOURS, Verdict, hour_proofs
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/proof.html"
HEAD = ("hour", "type", "fast", "exact", "duplicates", "difference", "waiting", "verdict", "final", "why")
ALL_HOURS = 1_000_000  # more hours than a century has


@require_safe
def proof(request: HttpRequest) -> HttpResponseBase:
    """The page, or the hours as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = RangeState(read_range(request.GET, now), now)
        number = read_page(request.GET)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return faulty_page(request, TEMPLATE, fault, fresh)
    return _csv(state) if as_csv else _html(request, state, number)


def _html(request: HttpRequest, state: RangeState, number: int) -> HttpResponseBase:
    with one_snapshot():
        fresh = freshness(state.now)
        hours, count = hour_proofs(state.chosen, number)
        books, letters = balance(), dead_letters()
    verdicts = Counter(hour.verdict for hour in hours)
    return page(
        request, TEMPLATE, fresh, picker=picker(request, state), state=state, hours=hours, books=books,
        letters=letters, letter_count=sum(reason.letters for reason in letters),
        proven=verdicts[Verdict.PROVEN], failed=verdicts[Verdict.FAILED], not_yet=verdicts[Verdict.NOT_YET],
        last_data=ending_at(state.chosen, fresh.last_end or state.now), filtered=False,
        pager=Pager(number, PAGE_HOURS, count))


def _csv(state: RangeState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        hours, _ = hour_proofs(state.chosen, size=ALL_HOURS)
        for hour in hours:
            for count in hour.counts:
                yield (hour.hour.astimezone(zone), count.dimension.type, count.fast, count.batch,
                       count.duplicates, count.difference, count.waiting, hour.verdict.value, hour.final,
                       hour.why)

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name("proof", *ends), HEAD, within_snapshot(rows))
