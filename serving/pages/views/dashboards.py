"""Saved dashboards: the list, and one of them with its charts or as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, Damaged
from serving.accounts.roles import Role
from serving.pages.board_charts import draw
from serving.pages.frame import page
from serving.pages.state import one_of, read_zone_only
from serving.plays.dashboards import BadBoard, Board, read_board
from serving.queries.freshness import freshness
from serving.queries.plays import TOPIC
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault
from serving.schema.models.dashboards import Dashboard


@require_safe
def dashboards(request: HttpRequest) -> HttpResponse:
    """All dashboards by name."""
    now = SystemClock().now()
    with one_snapshot():
        fresh = freshness(now, TOPIC)
        kept = [(one, len(one.definition.get("charts", []))) for one in Dashboard.objects.order_by("name")]
    return page(request, "pages/dashboards.html", fresh, kept=kept, may_change=may_change(request))


@require_safe
def dashboard(request: HttpRequest, number: int) -> HttpResponse:
    """One dashboard, or what it is as JSON; 404 where there is none of this number."""
    now = SystemClock().now()
    kept = kept_or_404(number)
    try:
        board = board_of(kept, now)
        as_json = one_of(request.GET, "format", {"html": False, "json": True}, "html")
    except ParameterFault as fault:
        return _shown(request, kept, 400, fault=fault)
    except BadBoard as bad:
        return _shown(request, kept, 500, trouble=f"this dashboard cannot be read: {bad}")
    if as_json:
        return _exported(board)
    zone = str(read_zone_only(request.GET, now).zone)
    try:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
            drawn = [draw(chart, zone, now) for chart in board.charts]
    except (BadSettings, Damaged) as fault:
        return _shown(request, kept, 503, trouble=str(fault))
    return _shown(request, kept, 200, fresh=fresh, drawn=drawn, charted=any(one.chart for one in drawn))


def kept_or_404(number: int) -> Dashboard:
    """The dashboard of this number. Raises Http404."""
    kept = Dashboard.objects.filter(id=number).first() if number < 2**63 else None
    if kept is None:
        raise Http404("no such dashboard")
    return kept


def board_of(kept: Dashboard, now: Any) -> Board:
    """What a row holds. Raises BadBoard where it was changed from elsewhere into what cannot be read."""
    return read_board({"name": kept.name, **kept.definition}, now)


def may_change(request: HttpRequest) -> bool:
    return bool(request.user.may(Role.OPERATOR))


def _shown(request: HttpRequest, kept: Dashboard, status: int, fresh: Any = None, **context: Any) -> HttpResponse:
    return page(
        request, "pages/dashboard.html", fresh, status=status, kept=kept, may_change=may_change(request), **context)


def _exported(board: Board) -> HttpResponse:
    text = json.dumps(board.to_json(), indent=2, ensure_ascii=False) + "\n"
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = "".join(one if one.isascii() and one.isalnum() else "-" for one in board.name)
    answer["Content-Disposition"] = f'attachment; filename="dashboard-{name}.json"'
    return answer
