"""The last 24 hours at a glance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.charts import Bars, ranked, usage_chart
from serving.figures import share_text
from serving.pages.frame import page
from serving.pages.lines import change, legend_lines
from serving.pages.state import read_zone_only
from serving.pages.summary import summarise
from serving.periods import ending_at, step
from serving.queries import health as asked
from serving.queries.buckets import Granularity, buckets_of
from serving.queries.dimensions import BY, DIMENSIONS, TOPIC, Dimension
from serving.queries.proof import HourProof, Verdict, hour_proofs
from serving.queries.quotas import Violations, violations
from serving.queries.snapshot import one_snapshot
from serving.queries.streams import every_topic
from serving.queries.usage import Before, Point, Selection, Totals, before, series, totals
from serving.ranges import TimeRange

LARGEST = 5
DAY_HOURS = 24
CHARTED = BY["app"]


@dataclass(frozen=True)
class Found:
    """All that the page shows of one snapshot."""

    health: asked.Health
    by: dict[Dimension, Totals]
    points: list[Point]
    earlier: Before | None
    violations: Violations
    hours: list[HourProof]


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The page; its only parameter is `tz`."""
    now = SystemClock().now()
    chosen = read_zone_only(request.GET, now)
    selection = Selection(buckets_of(chosen, Granularity.HOUR), CHARTED)
    with one_snapshot():
        found = look(chosen, selection, now)
    return page(request, "pages/overview.html", found.health.freshness, **_context(chosen, selection, found, now))


def look(chosen: TimeRange, selection: Selection, now: datetime) -> Found:
    """Ask all that the page shows; to be called inside of a snapshot."""
    earlier, topics = step(chosen, -1), every_topic()
    compared = replace(selection, buckets=buckets_of(earlier, Granularity.HOUR)) if earlier else None
    return Found(
        health=asked.health(now),
        by={dimension: totals(replace(selection, dimension=dimension), size=LARGEST) for dimension in DIMENSIONS},
        points=series(selection),
        earlier=before(compared, []) if compared else None,
        violations=violations(chosen, sort="-share", size=LARGEST),
        hours=hour_proofs(chosen, topics, size=(DAY_HOURS + 1) * len(topics))[0])


def _context(chosen: TimeRange, selection: Selection, found: Found, now: datetime) -> dict[str, Any]:
    order = ranked(found.points)
    bars = Bars(selection.buckets, found.points, order, {}, now)
    charted = found.by[CHARTED]
    charted_fresh = next(stream.freshness for stream in found.health.streams if stream.topic == TOPIC)
    verdicts = Counter(hour.verdict for hour in found.hours)
    return {
        "chosen": chosen, "found": found, "health": found.health, "total": charted.total,
        "finality": charted.finality, "users": found.by[BY["user"]].ids,
        "total_change": change(charted.total, found.earlier),
        "chart": usage_chart(bars, height=240).data() if found.points else None,
        "summary": summarise(bars, charted) if found.points else None,
        "legend": legend_lines(order, {}), "filtered": False,
        "last_data": ending_at(chosen, charted_fresh.last_end or now),
        "tops": [(dimension, of, _lines(of)) for dimension, of in found.by.items()],
        "proven": verdicts[Verdict.PROVEN], "failed": verdicts[Verdict.FAILED],
        "not_yet": verdicts[Verdict.NOT_YET],
    }


def _lines(found: Totals) -> list[dict[str, Any]]:
    most = max((row.value for row in found.rows), default=0)
    return [
        {"row": row, "share": share_text(row.value, found.total or 0), "part": row.value / most if most else 0}
        for row in found.rows]
