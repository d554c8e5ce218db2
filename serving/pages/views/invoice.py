"""One document: its lines, the hours of a line, where they come from; as page, CSV or PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.invoices.download import DOWNLOADS
from serving.invoices.paper import SUBJECTS, Paper
from serving.invoices.read import AlreadyIssued, UnknownDocument, draft_paper, issued_paper
from serving.pages.frame import Pager, page
from serving.pages.invoice_state import PAGE_HOURS, PaperState, read_account, read_paper
from serving.pages.state import one_of
from serving.queries.freshness import Freshness, freshness
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/invoice.html"


@require_safe
def invoice(request: HttpRequest, number: str) -> HttpResponseBase:
    """An issued document; 404 where there is none of this number."""
    return _shown(request, lambda now: issued_paper(number), f"/api/v1/invoices/{number}")


@require_safe
def draft_invoice(request: HttpRequest) -> HttpResponseBase:
    """An account as it would be invoiced now; leads to the invoice where it has one; 404 where nothing is rated."""

    def read(now: datetime) -> Paper:
        return draft_paper(read_account(request.GET), now)

    kept = {name: request.GET.get(name, "") for name in ("customer", "period", "currency")}
    return _shown(request, read, f"/api/v1/invoices/draft?{urlencode(kept)}")


def _shown(request: HttpRequest, read: Callable[[datetime], Paper], api: str) -> HttpResponseBase:
    now = SystemClock().now()
    try:
        with one_snapshot():
            fresh = freshness(now)
            paper = read(now)
        state = read_paper(request.GET, paper)
        download = one_of(request.GET, "format", {"html": None, **DOWNLOADS}, "html")
    except AlreadyIssued as issued:
        return redirect(reverse("invoice", args=[issued.number]))
    except UnknownDocument as fault:
        raise Http404(f"{fault.field}={fault.found!r}: want {fault.want}") from None
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return page(request, TEMPLATE, fresh, status=400, fault=fault)
    return download(paper) if download else _html(request, fresh, paper, state, api)


def _html(request: HttpRequest, fresh: Freshness, paper: Paper, state: PaperState, api: str) -> HttpResponseBase:
    line = paper.lines[state.line - 1] if state.line else None
    start = (state.page - 1) * PAGE_HOURS
    return page(
        request, TEMPLATE, fresh, paper=paper, account=paper.document.account, state=state, line=line, api=api,
        lines=[(position, one, SUBJECTS.get(one.subject, one.subject)) for position, one in enumerate(paper.lines, 1)],
        hours=line.hours[start : start + PAGE_HOURS] if line else (),
        pager=Pager(state.page, PAGE_HOURS, len(line.hours) if line else 0))
