"""The list of invoices: drafts, those in grace, final ones and correction notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.csv_stream import csv_response
from serving.invoices.paper import period_word
from serving.pages.frame import Pager, carried, page
from serving.pages.invoice_state import InvoicesState, read_invoices
from serving.pages.state import one_of
from serving.queries.freshness import freshness
from serving.queries.invoices import PAGE_ROWS, STATES, DocumentRow, document_sums, documents, every_document
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/invoices.html"
HEAD = (
    "number", "state", "customer", "period", "period_start", "period_end", "currency", "total", "issued_at", "corrects",
    "notes", "finality")
STATE_WORDS = {"draft": "Drafts", "grace": "In grace", "final": "Final", "correction": "Corrections"}


@require_safe
def invoices(request: HttpRequest) -> HttpResponseBase:
    """The page, or the whole list as CSV; 400 with the fault."""
    now = SystemClock().now()
    try:
        state = read_invoices(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return page(request, TEMPLATE, fresh, status=400, fault=fault)
    if as_csv:
        return _csv(state)
    with one_snapshot():
        fresh = freshness(now)
        rows, count = documents(state.choice, state.sort, state.page)
        sums = document_sums(state.choice)
    return page(
        request, TEMPLATE, fresh, state=state, sort=state.sort, sums=sums, filters=_filters(state),
        rows=[(row, period_word(row.period, row.period_end)) for row in rows],
        states=[(word, STATE_WORDS[word], (word,) == state.choice.states) for word in STATES],
        pager=Pager(state.page, PAGE_ROWS, count),
        carried_search=carried(request.GET, ("customer", "period", "page", "format")))


def _filters(state: InvoicesState) -> list[tuple[str, str, Sequence[str]]]:
    """Each filter of the address: its field, its value, and what stays of the field without it."""
    choice = state.choice
    found: list[tuple[str, str, Sequence[str]]] = [
        ("customer", one, [other for other in choice.customers if other != one]) for one in choice.customers]
    others = (("period", state.period), ("currency", choice.currency))
    return found + [(field, value, []) for field, value in others if value]


def _csv(state: InvoicesState) -> HttpResponseBase:
    def rows() -> Iterator[Sequence[Any]]:
        return map(document_cells, every_document(state.choice, state.sort))

    name = "_".join(filter(None, ("invoices", state.period)))
    return csv_response(f"{name}.csv", HEAD, within_snapshot(rows))


def document_cells(row: DocumentRow) -> Sequence[Any]:
    """A document's row of a CSV file, under HEAD."""
    return (
        row.number, row.state, row.customer, period_word(row.period, row.period_end), row.period, row.period_end,
        row.currency, row.total, row.issued_at, row.corrects, row.notes, row.finality.value)
