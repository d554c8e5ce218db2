"""Dead letters: found, counted by topic, reason and state, and one of them with all that is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.event import Position
from serving.accounts.roles import Role
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.letters.discard import LONGEST_REASON
from serving.letters.reading import LONGEST_TEXT, LettersState, read_letters
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import one_of
from serving.queries.freshness import freshness
from serving.queries.letters import PAGE_ROWS, Letter, every_letter, facets, letter_passport, letters
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/letters.html"
ONE = "pages/letter.html"


@require_safe
def letters_page(request: HttpRequest) -> HttpResponseBase:
    """The page, or all letters that fit as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_letters(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return faulty_page(request, TEMPLATE, fault, fresh)
    return _csv(state) if as_csv else _html(request, state)


@require_safe
def letter_page(request: HttpRequest, topic: str, partition: int, offset: int) -> HttpResponseBase:
    """One letter; 404 where there is none at that place."""
    return show_letter(request, Position(topic, partition, offset))


def show_letter(
    request: HttpRequest, place: Position, refusals: Sequence[str] = (), status: int = 200
) -> HttpResponseBase:
    """The letter's page, with why something was not done to it."""
    if max(place.partition, place.offset) >= 2**63 or "\x00" in place.topic:
        raise Http404
    with one_snapshot():
        fresh, found = freshness(SystemClock().now()), letter_passport(place)
    if found is None:
        raise Http404
    return page(request, ONE, fresh, status=status, found=found, letter=found.letter, refusals=refusals,
                longest=LONGEST_REASON, may_change=request.user.may(Role.OPERATOR))


def _html(request: HttpRequest, state: LettersState) -> HttpResponseBase:
    with one_snapshot():
        fresh = freshness(state.now)
        count, found = facets(state.selection)
        rows = letters(state.selection, state.page)
    return page(
        request, TEMPLATE, fresh, picker=picker(request, state), state=state, rows=rows, facets=found, count=count,
        pager=Pager(state.page, PAGE_ROWS, count), longest=LONGEST_REASON, longest_text=LONGEST_TEXT,
        may_change=request.user.may(Role.OPERATOR))


def _csv(state: LettersState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, zone) for one in every_letter(state.selection))

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name("dead-letters", *ends), columns_of(Letter), within_snapshot(rows))
