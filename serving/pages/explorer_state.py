"""The explorer's state, read from its address, and the links that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict

from serving.pages.state import MOST_FILTERS, RangeState, read_range
from serving.plays.facets import FACETS, FacetCounts, Filters, Value
from serving.plays.find import STEPS
from serving.plays.search import COLUMNS, DEFAULT_COLUMNS, Place, Search
from serving.plays.terms import parse_terms
from serving.queries.buckets import Buckets, Granularity, buckets_of
from serving.ranges import ParameterFault, TimeRange

LONGEST_VALUE = 200
_MICROSECOND = timedelta(microseconds=1)
_STEP_OF = dict(zip((Granularity.MINUTE, Granularity.FIVE_MINUTES), STEPS, strict=False))


@dataclass(frozen=True)
class ExplorerState(RangeState):
    """What is searched for, which columns the table has, and before which place the page of it begins."""

    typed: str
    search: Search
    columns: Sequence[str]
    before: Place | None

    @property
    def narrowed(self) -> bool:
        return bool(self.typed or self.search.filters)


@dataclass(frozen=True)
class FacetLink:
    """A value of a facet with the address that adds or removes it."""

    value: Value
    query: str


@dataclass(frozen=True)
class FacetBox:
    """A facet as the page shows it."""

    name: str
    label: str
    links: Sequence[FacetLink]
    more: int


def read_explorer(query: QueryDict, now: datetime) -> ExplorerState:
    """The page's state. Raises ParameterFault for the first parameter that cannot be read."""
    chosen, typed = read_range(query, now), query.get("q", "").strip()
    search = Search(chosen, parse_terms(typed), read_filters(query))
    place = Place.read(query["page"]) if query.get("page") else None
    return ExplorerState(chosen, now, typed, search, _columns(query), place)


def read_filters(query: QueryDict) -> Filters:
    """The facets' values, those given twice once. Raises ParameterFault."""
    filters = {facet.name: _values(query, facet.name) for facet in FACETS}
    return {name: values for name, values in filters.items() if values}


def cut_range(chosen: TimeRange) -> tuple[Buckets, timedelta]:
    """The bars of a range, which is not widened, and the step that its plays are counted by."""
    buckets = buckets_of(chosen, None, window=_MICROSECOND)
    return buckets, _STEP_OF.get(buckets.granularity, STEPS[-1])


def by_bucket(times: Mapping[tuple[datetime, str], int], buckets: Buckets) -> dict[str, dict[int, int]]:
    """Counts by step as counts by bar, for each value that they are split by."""
    found: dict[str, dict[int, int]] = {}
    for (at, value), plays in times.items():
        number = max(1, buckets.number_of(at))  # the first step may begin before the range does
        counts = found.setdefault(value, {})
        counts[number] = counts.get(number, 0) + plays
    return found


def facet_boxes(counted: Sequence[FacetCounts], query: QueryDict) -> list[FacetBox]:
    """The facets with their links."""
    return [
        FacetBox(
            one.facet.name, one.facet.label,
            [FacetLink(value, toggled(query, one.facet.name, value.value)) for value in one.values], one.more)
        for one in counted]


def filter_chips(filters: Filters, query: QueryDict) -> list[tuple[str, str, str]]:
    """Each filter: the facet's label, the value in words, the address without it."""
    return [
        (facet.label, facet.word(value), toggled(query, facet.name, value))
        for facet in FACETS for value in filters.get(facet.name, ())]


def toggled(query: QueryDict, name: str, value: str) -> str:
    """The address with the value added to a parameter, or removed where it is there; from the table's beginning."""
    changed = query.copy()
    values = [one for one in changed.getlist(name) if one != value]
    if len(values) == len(changed.getlist(name)):
        values.append(value)
    changed.setlist(name, values)
    for gone in ("page", "format"):
        changed.pop(gone, None)
    return changed.urlencode()


def _values(query: QueryDict, name: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for value in query.getlist(name) if value))
    if len(values) > MOST_FILTERS:
        raise ParameterFault(name, f"{len(values)} values", f"at most {MOST_FILTERS}")
    for value in values:
        if len(value) > LONGEST_VALUE or "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
            shown = value[:LONGEST_VALUE].encode("unicode_escape").decode()
            raise ParameterFault(name, shown, f"a value of at most {LONGEST_VALUE} characters, as the page shows it")
    return values


def _columns(query: QueryDict) -> Sequence[str]:
    asked = set(query.getlist("column")) - {""}
    for name in sorted(asked - set(COLUMNS)):
        raise ParameterFault("column", name, "one of " + ", ".join(COLUMNS))
    return [name for name in COLUMNS if name in asked] or DEFAULT_COLUMNS
