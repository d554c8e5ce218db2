"""What is well and what is not, for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.pages.frame import page
from serving.queries import health as asked
from serving.queries.snapshot import one_snapshot


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The page: a verdict with reasons, the layers, lag by partition, rejects, failed hours, batch runs."""
    now = SystemClock().now()
    with one_snapshot():
        found = asked.health(now)
    return page(request, "pages/health.html", found.freshness, found=found, now=now)
