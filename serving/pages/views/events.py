"""The raw events behind an hour's numbers, read from the archive."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, Damaged
from metering.settings import load
from serving.archived_events import MOST_EVENTS, ArchivedEvent, archived_events
from serving.pages.frame import page
from serving.pages.state import one_of, read_ids
from serving.pages.views.passport import read_hour
from serving.queries.buckets import HOUR
from serving.queries.freshness import freshness
from serving.queries.passport import hour_files
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault

FIELDS = {"user": "id", "app": "app", "antenna": "antenna_id"}


@require_safe
def events(request: HttpRequest, hour: str) -> HttpResponse:
    """The first rows of the hour's files, or those of one id; 400 where the address cannot be read."""
    start = read_hour(hour)
    with one_snapshot():
        fresh = freshness(SystemClock().now())
        paths = [file.path for file in hour_files(start) if file.superseded is None]
    shown = {"hour": start, "end": start + HOUR, "most": MOST_EVENTS, "by": request.GET.get("by", "user")}
    try:
        field, ids = one_of(request.GET, "by", FIELDS, "user"), read_ids(request.GET)
    except ParameterFault as fault:
        return page(request, "pages/events.html", fresh, status=400, fault=fault, **shown)
    found, trouble = _look(paths, field if ids else None, ids[0] if ids else "")
    return page(
        request, "pages/events.html", fresh, status=503 if trouble else 200, rows=found, trouble=trouble,
        id=ids[0] if ids else "", **shown)


def _look(paths: list[str], field: str | None, value: str) -> tuple[list[ArchivedEvent], str]:
    """The rows, and what went wrong instead."""
    try:
        return archived_events(load("archive").archive, paths, field, value), ""
    except (BadSettings, Damaged) as trouble:
        return [], str(trouble)
