"""The state of a page, all of it read from its address; a link is the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TypeVar

from django.http import QueryDict

from metering.domain.stream import IDENTIFIER
from metering.streams import STREAMS
from serving.periods import Preset, a_week_before, preset_of, step
from serving.queries.buckets import Buckets, Granularity, buckets_of
from serving.queries.dimensions import BY, Dimension
from serving.queries.freshness import Freshness
from serving.queries.usage import ROW_ORDERS, TOTAL_ORDERS, Selection
from serving.ranges import ParameterFault, TimeRange, parse_range

Choice = TypeVar("Choice")

COMPARISONS = (("none", "nothing"), ("previous", "the previous period"), ("week", "a week before"))
GRANULARITIES = (("auto", "automatic"), ("5min", "5 minutes"), ("hour", "hours"), ("day", "days"))
GRANULARITY_WORDS = {
    Granularity.MINUTE: "a minute", Granularity.FIVE_MINUTES: "5 minutes", Granularity.HOUR: "an hour",
    Granularity.DAY: "a day"}
SHOWS = (("totals", "Totals"), ("times", "Over time"))

MOST_PAGE = 1_000_000
MOST_FILTERS = 50


class Compare(Enum):
    """What the range is compared with; the value is the address's word."""

    NOTHING = "none"
    PREVIOUS = "previous"
    WEEK = "week"


class Show(Enum):
    """Which table is shown: one row an id, or one row a bar and id."""

    TOTALS = "totals"
    TIMES = "times"


@dataclass(frozen=True)
class RangeState:
    """The range that every page with a picker has."""

    chosen: TimeRange
    now: datetime

    @property
    def preset(self) -> Preset | None:
        return preset_of(self.chosen)

    @property
    def previous(self) -> TimeRange | None:
        return step(self.chosen, -1)

    @property
    def following(self) -> TimeRange | None:
        """The next period; None where it lies ahead of now."""
        later = step(self.chosen, 1)
        return later if later and later.start < self.now else None

    def with_data(self, fresh: Freshness) -> TimeRange:
        """The range; where all of time is asked for, from the data's first hour on."""
        chosen, first = self.chosen, fresh.first_hour
        if self.preset and self.preset.key == "all" and first and chosen.start < first < chosen.end:
            return replace(chosen, start=first)
        return chosen


@dataclass(frozen=True)
class UsageState(RangeState):
    """The usage page: by what, cut how, which ids, which table in which order, compared with what."""

    dimension: Dimension
    granularity: Granularity | None
    ids: tuple[str, ...]
    show: Show
    sort: str
    page: int
    compare: Compare

    @property
    def compared(self) -> TimeRange | None:
        """The range compared with, where one is asked for and possible."""
        if self.compare is Compare.NOTHING:
            return None
        return step(self.chosen, -1) if self.compare is Compare.PREVIOUS else a_week_before(self.chosen)

    def cut(self, fresh: Freshness) -> Buckets:
        """The bars."""
        return buckets_of(self.with_data(fresh), self.granularity)

    def compared_selection(self, selection: Selection) -> Selection | None:
        """The same looked at in the range compared with, cut alike."""
        compared = self.compared
        if compared is None:
            return None
        return replace(selection, buckets=buckets_of(compared, selection.buckets.granularity))


def read_range(query: QueryDict, now: datetime) -> TimeRange:
    """`from`, `to` and `tz`. Raises RangeFault."""
    return parse_range(query.get("from", ""), query.get("to", ""), query.get("tz", ""), now)


def read_usage(query: QueryDict, now: datetime) -> UsageState:
    """The usage page's state. Raises ParameterFault for the first parameter that cannot be read."""
    show = one_of(query, "show", {show.value: show for show in Show}, "totals")
    orders = TOTAL_ORDERS if show is Show.TOTALS else ROW_ORDERS
    default = "-value" if show is Show.TOTALS else "time"
    return UsageState(
        chosen=read_range(query, now),
        now=now,
        dimension=one_of(query, "by", BY, "user"),
        granularity=read_granularity(query, GRANULARITIES),
        ids=read_ids(query),
        show=show,
        sort=one_of(query, "sort", {order: order for order in orders}, default),
        page=read_page(query),
        compare=one_of(query, "compare", {word.value: word for word in Compare}, "none"),
    )


def read_granularity(query: QueryDict, offered: Sequence[tuple[str, str]]) -> Granularity | None:
    """How long a bar is, of those that the page offers; None: automatic. Raises ParameterFault."""
    cuts = {value: None if value == "auto" else Granularity(value) for value, _ in offered}
    return one_of(query, "granularity", cuts, "auto")


def one_of(query: QueryDict, field: str, choices: Mapping[str, Choice], default: str) -> Choice:
    """The choice that the parameter names, or the default's. Raises ParameterFault."""
    found = query.get(field) or default
    if found not in choices:
        raise ParameterFault(field, found, "one of " + ", ".join(word for word in choices if word))
    return choices[found]


def read_page(query: QueryDict) -> int:
    """The page's number, from 1. Raises ParameterFault."""
    found = query.get("page") or "1"
    if not (found.isascii() and found.isdigit() and 1 <= int(found[:9]) <= MOST_PAGE):
        raise ParameterFault("page", found, f"a whole number 1 … {MOST_PAGE}")
    return int(found)


def read_stream(query: QueryDict) -> str | None:
    """The topic that `stream` names; None where it names none. Raises ParameterFault."""
    choices: dict[str, str | None] = {"": None} | {topic: topic for topic in STREAMS}
    return one_of(query, "stream", choices, "")


def read_ids(query: QueryDict, field: str = "id") -> tuple[str, ...]:
    """Every `field`, once each. Raises ParameterFault."""
    ids = tuple(dict.fromkeys(id.strip() for id in query.getlist(field) if id.strip()))
    for id in ids:
        if not IDENTIFIER.fullmatch(id):
            raise ParameterFault(field, id, "1–64 of A-Z a-z 0-9 . _ : -")
    if len(ids) > MOST_FILTERS:
        raise ParameterFault(field, f"{len(ids)} ids", f"at most {MOST_FILTERS}")
    return ids


def read_zone_only(query: QueryDict, now: datetime) -> TimeRange:
    """The last 24 hours in the zone that the address names, or in UTC where it names none that exists."""
    try:
        return parse_range("", "", query.get("tz", ""), now)
    except ParameterFault:
        return parse_range("", "", "", now)
