"""The passport of an hour: from its numbers to runs, proofs, files and Kafka offsets."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.pages.frame import page
from serving.queries.buckets import HOUR
from serving.queries.freshness import freshness
from serving.queries.passport import hour_corrections, hour_files, hour_runs
from serving.queries.proof import hour_proofs
from serving.queries.snapshot import one_snapshot
from serving.ranges import TimeRange, parse_zone


@require_safe
def passport(request: HttpRequest, hour: str) -> HttpResponse:
    """The page of the UTC hour that the address names as 2026-01-31T13; 404 where nothing is kept of it."""
    start = read_hour(hour)
    with one_snapshot():
        fresh = freshness(SystemClock().now())
        hours, _ = hour_proofs(TimeRange(start, start + HOUR, parse_zone(""), hour, hour))
        runs, files, corrections = hour_runs(start), hour_files(start), hour_corrections(start)
    if not (hours or files):
        raise Http404(f"nothing is kept of the hour {hour}")
    return page(
        request, "pages/passport.html", fresh, hour=start, end=start + HOUR, proof=hours[0] if hours else None,
        runs=runs, files=files, corrections=corrections)


def read_hour(text: str) -> datetime:
    """The hour that an address names. Raises Http404."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise Http404(f"hour={text!r}: want an hour in UTC, such as 2026-01-31T13") from None
