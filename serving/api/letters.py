"""Dead letters and gaps, as lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema

from metering.clock import SystemClock
from serving.api.answers import Fault, Page, next_page
from serving.api.parameters import DEFAULT_LIMIT, MOST_LIMIT, RangeQuery, read_limit, wants_csv
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.letters.reading import LettersState, read_gaps, read_letters
from serving.queries.gaps import ALL_ROWS, gaps
from serving.queries.letters import Letter, every_letter, facets, letters
from serving.queries.snapshot import one_snapshot, within_snapshot

router = Router(tags=["dead letters"])


class LetterQuery(RangeQuery):
    """Of which topics, reasons and states. Without a range: noticed in the last seven days."""

    topic: list[str] = Field([], description="only these topics; may be repeated")
    reason: list[str] = Field([], description="only rejected as SIZE, PARSE …; may be repeated")
    state: list[str] = Field([], description="open, replaying, replayed, discarded; may be repeated")
    q: str = Field("", description="only those that hold this text, or have it in field or found")


class GapQuery(Schema):
    """Of which topics, and whether acknowledged."""

    topic: list[str] = Field([], description="only these topics; may be repeated")
    acknowledged: Literal["", "no", "yes", "any"] = Field("", description="no when absent")
    q: str = Field("", description="only those with this text in their reason")
    tz: str = Field("", description="an IANA zone name; UTC when absent")
    page: int = Field(1, ge=1, description="page of the answer, from 1; not for CSV, which is whole")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MOST_LIMIT, description="rows a page")
    format: Literal["json", "csv"] = Field("json", description="csv gives all rows")


class LetterRow(Schema):
    """A message that was not counted. `text`: the first 200 bytes, what cannot be printed escaped, or hex."""

    topic: str
    partition: int
    offset: int
    reason: str
    state: Literal["open", "replaying", "replayed", "discarded"]
    field: str
    found: str
    hint: str
    text: str
    size: int
    noticed_at: datetime
    state_by: str
    state_at: datetime | None
    state_reason: str
    replay_offset: int | None = Field(description="where its replay is in the same partition")


class LetterPage(Page):
    """The letters that fit, the latest first."""

    rows: list[LetterRow]


class GapRow(Schema):
    """Offsets [first_offset, last_offset] that were never seen."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    messages: int
    reason: str
    noticed_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    acknowledged_reason: str


class GapPage(Schema):
    """The gaps that fit, those that nobody has acknowledged first."""

    count: int
    page: int
    next: str | None
    rows: list[GapRow]


@router.get(
    "/dead-letters", operation_id="dead_letters", summary="What was not counted, and why",
    response={200: LetterPage, 400: Fault})
def letters_answer(request: HttpRequest, query: Query[LetterQuery]) -> LetterPage | HttpResponseBase:
    """The letters that fit, the latest first."""
    state, limit = read_letters(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        return _csv(state)
    with one_snapshot():
        count, _ = facets(state.selection)
        rows = letters(state.selection, state.page, limit)
    chosen = state.chosen
    return LetterPage(
        start=chosen.start.astimezone(chosen.zone), end=chosen.end.astimezone(chosen.zone), tz=chosen.zone.key,
        count=count, page=state.page, next=next_page(request, state.page, limit, count),
        rows=[LetterRow(**dict(zip(columns_of(Letter), row_cells(row, chosen.zone), strict=True))) for row in rows])


@router.get(
    "/gaps", operation_id="gaps", summary="Offsets that were stepped over", response={200: GapPage, 400: Fault})
def gaps_answer(request: HttpRequest, query: Query[GapQuery]) -> GapPage | HttpResponseBase:
    """The gaps that fit, those that nobody has acknowledged first."""
    state, limit = read_gaps(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        head = list(GapRow.model_fields)
        with one_snapshot():
            found = [row_cells(row, state.chosen.zone)[: len(head)] for row in gaps(state.selection, size=ALL_ROWS)]
        return csv_response("gaps.csv", head, found)
    with one_snapshot():
        rows = gaps(state.selection, state.page, limit)
    count = rows[0].rows if rows else 0
    return GapPage(
        count=count, page=state.page, next=next_page(request, state.page, limit, count),
        rows=[GapRow(**{name: value for name, value in asdict(row).items() if name != "rows"}) for row in rows])


def _csv(state: LettersState) -> HttpResponseBase:
    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, state.chosen.zone) for one in every_letter(state.selection))

    return csv_response(
        file_name("dead-letters", state.chosen.start, state.chosen.end), columns_of(Letter), within_snapshot(rows))
