"""Facets: the few fields by which found plays are counted and narrowed, all of them kept in one text a play."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NONE = "none"
"""What a field without a value is called, in addresses and on pages."""

SEPARATOR, NULL = "\x1f", "\x1e"
LONGEST = 64
"""So many characters of a value tell it from others. serving/schema/sql/play_search.sql cuts there too."""

MOST_VALUES = 20


@dataclass(frozen=True)
class Facet:
    """A field to narrow by; `words` for its values where they are numbers."""

    name: str
    label: str
    words: Mapping[str, str]

    def word(self, value: str) -> str:
        return self.words.get(value, value)


FACETS = (
    Facet("level", "Level", {}),
    Facet("gender", "Gender", {}),
    Facet("is_mobile", "Mobile", {"1": "mobile", "0": "not mobile"}),
    Facet("send_event", "SendEvent", {"1": "1, offer", "0": "0, no offer", NONE: "none, undecided"}),
    Facet("reason", "Reason", {}),
    Facet("zip", "Zip", {}),
)
PLACES = {facet.name: place for place, facet in enumerate(FACETS)}
BY_NAME = {facet.name: facet for facet in FACETS}

Key = tuple[str, ...]
"""A play's values, in the order of FACETS; NONE where there is none."""

Filters = Mapping[str, Sequence[str]]
"""Facet → the values of which one must hold. A facet that is absent narrows nothing."""


def key_of(text: str) -> Key:
    """The values of a play's `facet` as PostgreSQL keeps it.

    >>> key_of("GOLD\\x1f\\x1e\\x1f1\\x1f\\x1e\\x1fno_score\\x1f10115")
    ('GOLD', 'none', '1', 'none', 'no_score', '10115')
    """
    return tuple(NONE if value == NULL else value for value in text.split(SEPARATOR))


def text_of(values: Iterable[object]) -> str:
    """The `facet` of a play with these values, None for none: what PostgreSQL makes of them."""
    return SEPARATOR.join(NULL if value is None else cut(str(value)) for value in values)


def cut(value: str) -> str:
    return value.replace(SEPARATOR, " ").replace(NULL, " ")[:LONGEST]


@dataclass(frozen=True)
class Value:
    """A line of a facet: how many plays have the value, and whether the search is narrowed to it."""

    value: str
    word: str
    plays: int
    chosen: bool


@dataclass(frozen=True)
class FacetCounts:
    """A facet's values, those with the most plays first; `more`: how many further values there are."""

    facet: Facet
    values: Sequence[Value]
    more: int


def passes(key: Key, filters: Filters) -> bool:
    """Whether a play with the key is among those that the filters leave."""
    return all(key[PLACES[name]] in wanted for name, wanted in filters.items())


def counted(cube: Mapping[Key, int], filters: Filters) -> list[FacetCounts]:
    """Every facet with its counts: its own filter left out, so that another of its values can be added."""
    return [_counted(facet, cube, filters) for facet in FACETS]


def found_in(cube: Mapping[Key, int], filters: Filters) -> int:
    """How many plays the filters leave."""
    return sum(plays for key, plays in cube.items() if passes(key, filters))


def by_value(cube: Mapping[Key, int], name: str, filters: Filters) -> Counter[str]:
    """The plays that the filters leave, by the value of one facet."""
    counts: Counter[str] = Counter()
    for key, plays in cube.items():
        if passes(key, filters):
            counts[key[PLACES[name]]] += plays
    return counts


def _counted(facet: Facet, cube: Mapping[Key, int], filters: Filters) -> FacetCounts:
    chosen = filters.get(facet.name, ())
    counts = by_value(cube, facet.name, {name: values for name, values in filters.items() if name != facet.name})
    for value in chosen:
        counts.setdefault(value, 0)
    ranked = sorted(counts.items(), key=lambda one: (one[0] not in chosen, -one[1], one[0]))
    shown = ranked[:max(MOST_VALUES, len(chosen))]
    lines = [Value(value, facet.word(value), plays, value in chosen) for value, plays in shown]
    return FacetCounts(facet, lines, len(ranked) - len(shown))
