"""A dashboard's charts, counted and made ready for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from serving.charts import OTHERS
from serving.count_charts import CountLine, count_lines
from serving.figures import share_text
from serving.pages.explorer_state import by_bucket, cut_range
from serving.pages.lines import LegendLine
from serving.plays.dashboards import ChartSpec
from serving.plays.facets import BY_NAME, MOST_VALUES, by_value, found_in
from serving.plays.find import count_cube, count_times
from serving.plays.search import ArchiveRead, Search
from serving.plays.terms import parse_terms
from serving.ranges import TimeRange, parse_range

MOST_LINES = 8


@dataclass(frozen=True)
class Share:
    """A bar: the value, its plays and its share of all."""

    word: str
    plays: int
    share: str


@dataclass(frozen=True)
class DrawnChart:
    """A chart as the page shows it. `events` is the explorer's query of the same search and range."""

    spec: ChartSpec
    chosen: TimeRange
    total: int
    shares: Sequence[Share]
    chart: dict[str, Any] | None
    legend: Sequence[LegendLine]
    archive: ArchiveRead | None
    events: str


def draw(spec: ChartSpec, zone: str, now: datetime) -> DrawnChart:
    """Count one chart, its range read at `now` in the zone. To be asked inside of a snapshot."""
    chosen = parse_range(spec.range_from, spec.range_to, zone, now)
    search = Search(chosen, parse_terms(spec.q))
    return _lines(spec, search, now) if spec.kind == "lines" else _bars(spec, search, now)


def _bars(spec: ChartSpec, search: Search, now: datetime) -> DrawnChart:
    counts, archive = count_cube(search, now)
    total = found_in(counts.cube, {})
    shares: list[Share] = []
    if spec.kind == "bars":
        facet = BY_NAME[spec.field]
        ranked = _ranked(by_value(counts.cube, spec.field, {}), MOST_VALUES)
        shares = [
            Share(facet.word(value) or "(empty)", plays, share_text(plays, total)) for value, plays in ranked]
    return DrawnChart(spec, search.chosen, total, shares, None, [], archive, _events(spec, search))


def _lines(spec: ChartSpec, search: Search, now: datetime) -> DrawnChart:
    buckets, step = cut_range(search.chosen)
    counts, archive = count_times(search, now, step, spec.field)
    by_line: Counter[str] = Counter()
    for (_, value), plays in counts.times.items():
        by_line[value] += plays
    lines = _grouped(spec.field, by_bucket(counts.times, buckets), [value for value, _ in _ranked(by_line, MOST_LINES)])
    legend = [LegendLine(line.swatch, line.name, line.name) for line in lines]
    return DrawnChart(
        spec, search.chosen, by_line.total(), [], count_lines(buckets, lines, now).data(), legend, archive,
        _events(spec, search))


def _grouped(field: str, counts: dict[str, dict[int, int]], values: Sequence[str]) -> list[CountLine]:
    """A line for each of the values, the rest as one."""
    lines = [
        CountLine(BY_NAME[field].word(value) or "(empty)", f"series-{place}", counts[value])
        for place, value in enumerate(values, 1)]
    rest: Counter[int] = Counter()
    for value in counts.keys() - set(values):
        rest.update(counts[value])
    return [*lines, CountLine(OTHERS, "series-others", rest)] if rest else lines


def _ranked(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:most]


def _events(spec: ChartSpec, search: Search) -> str:
    zone = str(search.chosen.zone)
    return urlencode({
        "q": spec.q, "from": search.chosen.from_text, "to": search.chosen.to_text,
        **({} if zone == "UTC" else {"tz": zone})})
