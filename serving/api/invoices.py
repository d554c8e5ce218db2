"""Invoices, correction notes and drafts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from metering.clock import SystemClock
from metering.domain.billing.invoice import Line
from serving.api.answers import Fault, next_page
from serving.api.invoice_answers import DocumentAnswer, DocumentLine, DocumentPage, HourPart, LinePart, NoteLine
from serving.api.invoice_parameters import DocumentQuery, DraftQuery, InvoicesQuery
from serving.api.machine_lines import marks
from serving.api.parameters import read_limit, wants_csv
from serving.csv_stream import csv_response
from serving.invoices.download import DOWNLOADS
from serving.invoices.paper import Paper, period_word
from serving.invoices.read import draft_paper, issued_paper
from serving.pages.invoice_state import read_account, read_invoices
from serving.pages.state import one_of
from serving.queries.invoices import DocumentRow, documents, every_document
from serving.queries.snapshot import one_snapshot, within_snapshot

router = Router(tags=["invoices"])

_ANSWERS = {400: Fault, 404: Fault}


@router.get("/invoices", operation_id="invoices", summary="Invoices, correction notes and drafts",
            response={200: DocumentPage, 400: Fault})
def invoices(request: HttpRequest, query: Query[InvoicesQuery]) -> DocumentPage | HttpResponseBase:
    """What is issued, and for what is not invoiced yet what it would be now."""
    state, limit = read_invoices(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        lines = within_snapshot(lambda: map(_line, every_document(state.choice, state.sort)))
        return csv_response(
            "invoices.csv", list(DocumentLine.model_fields), (list(dict(line).values()) for line in lines))
    with one_snapshot():
        found, count = documents(state.choice, state.sort, state.page, limit)
    return DocumentPage(
        count=count, page=state.page, next=next_page(request, state.page, limit, count), rows=list(map(_line, found)))


@router.get("/invoices/draft", operation_id="draft_invoice", summary="What a customer's invoice would be now",
            response={200: DocumentAnswer, **_ANSWERS})
def draft(request: HttpRequest, query: Query[DraftQuery]) -> DocumentAnswer | HttpResponseBase:
    """The rated lines of an account that has no invoice yet; 404 where it has one, or nothing is rated."""
    account = read_account(request.GET)
    with one_snapshot():
        paper = draft_paper(account, SystemClock().now())
    return _answer(request, paper)


@router.get("/invoices/{number}", operation_id="invoice", summary="An invoice or a correction note",
            response={200: DocumentAnswer, **_ANSWERS})
def invoice(request: HttpRequest, number: str, query: Query[DocumentQuery]) -> DocumentAnswer | HttpResponseBase:
    """An issued document with its lines; the same for ever."""
    with one_snapshot():
        paper = issued_paper(number)
    return _answer(request, paper)


def _answer(request: HttpRequest, paper: Paper) -> Any:
    as_file = one_of(request.GET, "format", {"json": None, **DOWNLOADS}, "json")
    if as_file:
        return as_file(paper)
    with_hours = one_of(request.GET, "hours", {"false": False, "true": True}, "false")
    account = paper.document.account
    return DocumentAnswer(
        number=paper.number or None, state=paper.state.value, customer=account.customer, period=paper.period,
        period_start=account.period, period_end=account.period_end, currency=account.currency, total=paper.total,
        issued_at=paper.issued_at, corrects=paper.corrects or None, **marks(paper.finality),
        why=paper.document.why, batch_run=paper.batch_run, total_with_notes=paper.total_with_notes,
        notes=[NoteLine(**asdict(note)) for note in paper.notes],
        lines=[_part(position, line, with_hours) for position, line in enumerate(paper.lines, 1)])


def _part(position: int, line: Line, with_hours: bool) -> LinePart:
    return LinePart(
        position=position, tariff=line.tariff, valid_from=line.valid_from, tariff_sha256=line.tariff_sha256,
        subject=line.subject, quantity=line.quantity, fixed=line.fixed, rounding=line.rounding, old=line.old,
        new=line.new, amount=line.amount,
        hours=[HourPart(**asdict(hour)) for hour in line.hours] if with_hours else [])


def _line(row: DocumentRow) -> DocumentLine:
    return DocumentLine(
        number=row.number or None, state=row.state, customer=row.customer,
        period=period_word(row.period, row.period_end), period_start=row.period, period_end=row.period_end,
        currency=row.currency, total=row.total, issued_at=row.issued_at, corrects=row.corrects or None,
        **marks(row.finality))

