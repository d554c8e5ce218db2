"""Each hour of each stream counted twice, the offset balance, and what was rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.csv_stream import csv_response, file_name
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import RangeState, one_of, read_page, read_range, read_stream
from serving.periods import ending_at
from serving.queries.balance import balances
from serving.queries.dead_letters import dead_letters
from serving.queries.freshness import freshness
from serving.queries.proof import PAGE_HOURS, Verdict, hour_proofs
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.streams import every_topic
from serving.ranges import ParameterFault

TEMPLATE = "pages/proof.html"
HEAD = (
    "hour", "stream", "type", "fast", "exact", "duplicates", "difference", "events", "repeats", "waiting", "verdict",
    "final", "why")
ALL_HOURS = 1_000_000  # more hours than a century has


@dataclass(frozen=True)
class ProofState(RangeState):
    """The range, of which stream (None: of all), which page."""

    stream: str | None
    page: int

    @property
    def topics(self) -> list[str]:
        return [self.stream] if self.stream else every_topic()


@require_safe
def proof(request: HttpRequest) -> HttpResponseBase:
    """The page, or the hours as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = ProofState(read_range(request.GET, now), now, read_stream(request.GET), read_page(request.GET))
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return faulty_page(request, TEMPLATE, fault, fresh, streams=every_topic())
    return _csv(state) if as_csv else _html(request, state)


def _html(request: HttpRequest, state: ProofState) -> HttpResponseBase:
    with one_snapshot():
        fresh = freshness(state.now, state.stream)
        hours, count = hour_proofs(state.chosen, state.topics, state.page)
        books, letters = balances(state.topics), dead_letters(state.topics)
    verdicts = Counter(hour.verdict for hour in hours)
    return page(
        request, TEMPLATE, fresh, picker=picker(request, state), state=state, streams=every_topic(), hours=hours,
        books=[book for book in books if book.partitions or state.stream], letters=letters,
        letter_count=sum(reason.letters for reason in letters),
        unaccounted=sum(abs(book.difference) for book in books), suspects=any(book.suspects for book in books),
        proven=verdicts[Verdict.PROVEN], failed=verdicts[Verdict.FAILED], not_yet=verdicts[Verdict.NOT_YET],
        last_data=ending_at(state.chosen, fresh.last_end or state.now), filtered=False,
        pager=Pager(state.page, PAGE_HOURS, count))


def _csv(state: ProofState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        hours, _ = hour_proofs(state.chosen, state.topics, size=ALL_HOURS)
        for hour in hours:
            for count in hour.counts:
                yield (hour.hour.astimezone(zone), hour.topic, count.of.type, count.fast, count.batch,
                       count.duplicates, count.difference, hour.events, hour.repeats, hour.waiting,
                       hour.verdict.value, hour.final, hour.why)

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    subject = f"proof_{state.stream}" if state.stream else "proof"
    return csv_response(file_name(subject, *ends), HEAD, within_snapshot(rows))
