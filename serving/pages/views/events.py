"""The raw events behind the numbers of a stream's hour, read from the archive."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, Damaged
from metering.domain.stream import Kind, Stream
from metering.settings import load
from metering.streams import STREAMS
from serving.archived_events import MOST_EVENTS, ArchivedEvent, archived_events, shown_fields
from serving.pages.frame import page
from serving.pages.state import one_of, read_ids, read_stream
from serving.pages.views.passport import read_hour
from serving.queries.buckets import HOUR
from serving.queries.dimensions import DIMENSIONS, TOPIC
from serving.queries.freshness import freshness
from serving.queries.passport import hour_files
from serving.queries.snapshot import one_snapshot
from serving.queries.streams import first_topic
from serving.ranges import ParameterFault

TEMPLATE = "pages/events.html"


@require_safe
def events(request: HttpRequest, hour: str) -> HttpResponse:
    """The first rows of the hour's files, or those of one id; 400 where the address cannot be read."""
    start, now = read_hour(hour), SystemClock().now()
    shown = {"hour": start, "end": start + HOUR, "most": MOST_EVENTS}
    try:
        stream = STREAMS[read_stream(request.GET) or first_topic()]
        field, ids = one_of(request.GET, "by", searched(stream), stream.subject), read_ids(request.GET)
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return page(request, TEMPLATE, fresh, status=400, fault=fault, **shown)
    with one_snapshot():
        fresh = freshness(now, stream.topic)
        paths = [file.path for file in hour_files(stream.topic, start) if file.superseded is None]
    found, trouble = _look(stream, paths, field if ids else None, ids[0] if ids else "")
    return page(
        request, TEMPLATE, fresh, status=503 if trouble else 200, topic=stream.topic, fields=shown_fields(stream),
        time_name=stream.time_field.name, rows=found, trouble=trouble, by=request.GET.get("by") or field,
        id=ids[0] if ids else "", **shown)


def searched(stream: Stream) -> dict[str, str]:
    """What `by` may say → the field it means: a declared identifier, or a word of the usage page."""
    fields = {field.name: field.name for field in stream.fields if field.kind is Kind.IDENTIFIER}
    words = {one.key: one.field for one in DIMENSIONS} if stream.topic == TOPIC else {}
    return fields | words


def _look(stream: Stream, paths: list[str], field: str | None, value: str) -> tuple[list[ArchivedEvent], str]:
    """The rows, and what went wrong instead."""
    try:
        return archived_events(load("archive").archive, stream, paths, field, value), ""
    except (BadSettings, Damaged) as trouble:
        return [], str(trouble)
