"""Offers: how many, to whom and why, by which model, and whether they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, Damaged
from metering.domain.features import LABEL_AD
from metering.domain.offers import canonical
from metering.settings import load
from metering.streams.clicks import CLICKS
from serving.calibration_chart import calibration_chart
from serving.csv_stream import csv_response, file_name
from serving.figures import share_text
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import RangeState, one_of, read_page, read_range
from serving.plays.take_up import MOST_SECONDS, TakeUp, TooLong, label_clicks, take_up
from serving.queries.archive_files import files_of
from serving.queries.freshness import freshness
from serving.queries.offers import (
    PAGE_ROWS,
    every_offered,
    first_offers,
    model_versions,
    models_of,
    offer_levels,
    offer_reasons,
    offered,
)
from serving.queries.plays import TOPIC, recent_from
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault, TimeRange, parse_range

TEMPLATE = "pages/offers.html"
HEAD = (
    "customer_id", "level", "timestamp", "probability", "model_version", "score_age_s", "features", "contributions")


@dataclass(frozen=True)
class OffersState(RangeState):
    """The range and the page of the table of customers."""

    page: int


@require_safe
def offers(request: HttpRequest) -> HttpResponseBase:
    """The page, or all customers who were offered as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = OffersState(_range(request.GET, now), now, read_page(request.GET))
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh)
    return _csv(state) if as_csv else _html(request, state)


def _range(query: QueryDict, now: datetime) -> TimeRange:
    """The range of the address; a week where it has none."""
    if query.get("from") or query.get("to"):
        return read_range(query, now)
    return parse_range("now-7d", "now", query.get("tz", ""), now)


def _html(request: HttpRequest, state: OffersState) -> HttpResponseBase:
    chosen = state.chosen
    with one_snapshot():
        fresh = freshness(state.now, TOPIC)
        kept_from = recent_from(state.now)
        reasons, levels = offer_reasons(chosen), offer_levels(chosen)
        customers = first_offers(chosen)
        who = offered(chosen, state.page)
        models, versions = models_of(one.model_version for one in who), model_versions()
        taken, untold = _taken(replace(chosen, start=max(chosen.start, kept_from)), customers)
    plays, total = sum(one.plays for one in reasons), sum(one.offers for one in reasons)
    decided = sum(first is not None for first in customers.values())
    current = next((one for one in versions if one.is_current), None)
    return page(
        request, TEMPLATE, fresh, picker=picker(request, state), state=state, plays=plays, offers=total,
        decided=decided, share=share_text(total, plays), customers=len(customers),
        customer_share=share_text(decided, len(customers)),
        reasons=[(one, share_text(one.plays, plays)) for one in reasons],
        levels=[(one, share_text(one.offers, one.listens)) for one in levels],
        who=[(one, one.why(models)) for one in who], pager=Pager(state.page, PAGE_ROWS, decided),
        versions=versions, current=current, taken=taken, untold=untold, label_ad=LABEL_AD,
        kept_from=kept_from if chosen.start < kept_from else None, **_calibration(current))


def _calibration(current: Any) -> dict[str, Any]:
    bins = current.calibration if current else []
    return {"bins": bins, "chart": calibration_chart(bins).data() if bins else None}


def _taken(chosen: TimeRange, customers: dict[str, datetime | None]) -> tuple[TakeUp | None, str]:
    """The take-up, or why there is none to tell. `chosen`: the part of the range whose plays are kept."""
    if not customers:
        return None, "nobody played in this range"
    files = files_of(CLICKS.topic, chosen.start, chosen.end)
    if not files:
        return None, "no click of this range is in the archive"
    try:
        clicks = label_clicks(load("archive").archive, files, chosen.start, chosen.end)
    except (BadSettings, Damaged) as fault:
        return None, str(fault)
    except TooLong:
        return None, f"reading the clicks of this range takes longer than {MOST_SECONDS:g} s: choose a shorter one"
    return take_up(customers, clicks), ""


def _csv(state: OffersState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        models = models_of(one.version for one in model_versions(10_000))
        for one in every_offered(state.chosen):
            parts = {part.name: part.part for part in one.why(models) if part.part is not None}
            yield (one.customer_id, one.level, one.timestamp.astimezone(zone), one.probability, one.model_version,
                   one.score_age_s, one.features, canonical(parts) if parts else None)

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name("offers", *ends), HEAD, within_snapshot(rows))
