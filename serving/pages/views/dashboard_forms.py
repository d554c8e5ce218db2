"""Dashboards made, changed, imported and deleted. Sending a form needs the role operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from metering.clock import SystemClock
from serving.accounts.roles import Role, needs_role
from serving.pages.frame import page
from serving.pages.views.dashboards import kept_or_404
from serving.plays.dashboards import KINDS, MOST_BYTES, MOST_CHARTS, BadBoard, Board, read_board, read_text
from serving.plays.facets import FACETS
from serving.ranges import ParameterFault
from serving.schema.models.dashboards import Dashboard

_FIELDS = ("title", "kind", "field", "q", "from", "to")
_BLANK: dict[str, Any] = {"title": "", "kind": "bars", "field": "send_event", "q": "", "from": "now-7d", "to": "now"}
_BLANK_CHARTS = 2
_ANSWERS = require_http_methods(["GET", "HEAD", "POST"])


@_ANSWERS
@needs_role(Role.OPERATOR)
def new_dashboard(request: HttpRequest) -> HttpResponse:
    """The empty form; POST makes one and leads to it, 400 names every fault."""
    if request.method != "POST":
        return _form(request, {"name": "", "charts": []})
    return _kept(request, None, lambda now: read_board(_typed(request.POST), now), _shown_form)


@_ANSWERS
@needs_role(Role.OPERATOR)
def change_dashboard(request: HttpRequest, number: int) -> HttpResponse:
    """The form of one; POST replaces its name and charts."""
    kept = kept_or_404(number)
    if request.method != "POST":
        return _form(request, {"name": kept.name, "charts": kept.definition.get("charts", [])}, kept)
    return _kept(request, kept, lambda now: read_board(_typed(request.POST), now), _shown_form)


@_ANSWERS
@needs_role(Role.OPERATOR)
def import_dashboard(request: HttpRequest) -> HttpResponse:
    """The form for a file or pasted text; POST makes a dashboard of it, 400 names every fault."""
    if request.method != "POST":
        return page(request, _IMPORT, None, text="", most=MOST_BYTES)
    text = _sent(request)
    return _kept(
        request, None, lambda now: read_text(text, now),
        lambda request, faults, kept: page(
            request, _IMPORT, None, status=400, faults=faults, text=text.decode("utf-8", "replace"), most=MOST_BYTES))


@require_POST
@needs_role(Role.OPERATOR)
def delete_dashboard(request: HttpRequest, number: int) -> HttpResponse:
    """Delete one and lead to the list. One that is gone already is 404."""
    kept_or_404(number).delete()
    return redirect("dashboards")


_IMPORT = "pages/dashboard_import.html"
_Refuse = Callable[[HttpRequest, Sequence[ParameterFault], Dashboard | None], HttpResponse]


def _kept(
    request: HttpRequest, kept: Dashboard | None, read: Callable[[datetime], Board], refuse: _Refuse
) -> HttpResponse:
    """Keep what was sent under its name, or say what is wrong with it."""
    try:
        board = read(SystemClock().now())
    except BadBoard as bad:
        return refuse(request, bad.faults, kept)
    try:
        with transaction.atomic():
            number = _write(request, kept, board)
    except IntegrityError:
        return refuse(request, [ParameterFault("name", board.name, "a name that no other dashboard has")], kept)
    return redirect("dashboard", number=number)


def _write(request: HttpRequest, kept: Dashboard | None, board: Board) -> int:
    if kept is None:
        owner = request.user.get_username()
        made = Dashboard.objects.create(name=board.name, owner=owner, definition=board.definition())
        return int(made.id)
    Dashboard.objects.filter(id=kept.id).update(
        name=board.name, definition=board.definition(), changed_at=Now())
    return int(kept.id)


def _shown_form(request: HttpRequest, faults: Sequence[ParameterFault], kept: Dashboard | None) -> HttpResponse:
    return _form(request, _typed(request.POST), kept, faults)


def _form(
    request: HttpRequest, typed: Mapping[str, Any], kept: Dashboard | None = None,
    faults: Sequence[ParameterFault] = ()
) -> HttpResponse:
    blanks = [_BLANK] * min(_BLANK_CHARTS, MOST_CHARTS - len(typed["charts"]))
    return page(
        request, "pages/dashboard_form.html", None, status=400 if faults else 200, faults=faults, kept=kept,
        name=typed["name"], charts=[*typed["charts"], *blanks], kinds=KINDS, facets=FACETS)


def _typed(given: QueryDict) -> dict[str, Any]:
    """The form as a definition; a chart without a title is none."""
    columns = [given.getlist(field) for field in _FIELDS]
    rows = [dict(zip(_FIELDS, row, strict=True)) for row in zip(*columns, strict=False)]
    return {"name": given.get("name", ""), "charts": [row for row in rows if row["title"].strip()]}


def _sent(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    return bytes(file.read(MOST_BYTES + 1)) if file else request.POST.get("text", "").encode("utf-8", "replace")
