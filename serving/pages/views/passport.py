"""The passport of a stream's hour: from its numbers to runs, proofs, files and Kafka offsets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.pages.frame import page
from serving.pages.state import read_stream
from serving.queries.buckets import HOUR
from serving.queries.freshness import freshness
from serving.queries.passport import hour_corrections, hour_files, hour_runs
from serving.queries.proof import hour_proofs
from serving.queries.snapshot import one_snapshot
from serving.queries.streams import every_topic, first_topic
from serving.ranges import ParameterFault, TimeRange, parse_zone

TEMPLATE = "pages/passport.html"


@require_safe
def passport(request: HttpRequest, hour: str) -> HttpResponse:
    """The page of the UTC hour that the address names as 2026-01-31T13; 404 where nothing is kept of it.

    `stream` names the stream, the first declared one where it is absent; 400 where there is none such.
    """
    start, now = read_hour(hour), SystemClock().now()
    shown: dict[str, Any] = {"hour": start, "end": start + HOUR}
    try:
        topic = read_stream(request.GET) or first_topic()
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return page(request, TEMPLATE, fresh, status=400, fault=fault, **shown)
    with one_snapshot():
        fresh = freshness(now, topic)
        of_hour = TimeRange(start, start + HOUR, parse_zone(""), hour, hour)
        proofs = {proof.topic: proof for proof in hour_proofs(of_hour, every_topic())[0]}
        runs, files, corrections = hour_runs(topic, start), hour_files(topic, start), hour_corrections(topic, start)
    if not (topic in proofs or files):
        raise Http404(f"nothing is kept of the hour {hour} of {topic}")
    return page(
        request, TEMPLATE, fresh, topic=topic, proof=proofs.get(topic), runs=runs, files=files,
        corrections=corrections, others=[other for other in proofs if other != topic], **shown)


def read_hour(text: str) -> datetime:
    """The hour that an address names. Raises Http404."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise Http404(f"hour={text!r}: want an hour in UTC, such as 2026-01-31T13") from None
