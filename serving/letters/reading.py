"""Which letters and gaps somebody means: the same words in an address and on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from metering.domain.event import Position, Reason
from metering.streams import STREAMS
from serving.letters.discard import LONGEST_REASON
from serving.letters.outcome import read_place
from serving.pages.state import RangeState, one_of, read_page, read_range
from serving.queries.gaps import GapSelection
from serving.queries.letters import STATES, LetterSelection
from serving.ranges import ParameterFault, TimeRange, parse_range

LONGEST_TEXT = 200
MOST_PLACES = 200
ACKNOWLEDGED = {"no": False, "yes": True, "any": None}


@dataclass(frozen=True)
class LettersState(RangeState):
    """Which letters, which page of them."""

    selection: LetterSelection
    page: int


@dataclass(frozen=True)
class GapsState(RangeState):
    """Which gaps, which page of them. The range is of the zone only: gaps are shown of all of time."""

    selection: GapSelection
    acknowledged: str
    page: int


def read_letters(query: QueryDict, now: datetime) -> LettersState:
    """Raises ParameterFault for the first parameter that cannot be read. Without a range: the last week."""
    chosen = _range(query, now)
    return LettersState(chosen, now, LetterSelection(
        chosen, _known(query, "topic", list(STREAMS)), _known(query, "reason", list(Reason.__members__)),
        _known(query, "state", list(STATES)), read_text(query)), read_page(query))


def read_gaps(query: QueryDict, now: datetime) -> GapsState:
    """Raises ParameterFault. Those that nobody has acknowledged, where the query does not say otherwise."""
    word = one_of(query, "acknowledged", {word: word for word in ACKNOWLEDGED}, "no")
    selection = GapSelection(_known(query, "topic", list(STREAMS)), ACKNOWLEDGED[word], read_text(query))
    return GapsState(parse_range("", "", query.get("tz", ""), now), now, selection, word, read_page(query))


def read_text(query: QueryDict) -> str:
    """The text looked for in `q`; empty: none. Raises ParameterFault."""
    found = query.get("q", "").strip()
    if len(found) > LONGEST_TEXT or "\x00" in found:
        raise ParameterFault("q", found[:LONGEST_TEXT], f"at most {LONGEST_TEXT} characters, none of them NUL")
    return found


def read_places(query: QueryDict) -> list[Position]:
    """Every `place`, once each, at least one. Raises ParameterFault."""
    typed = list(dict.fromkeys(query.getlist("place")))
    if not 1 <= len(typed) <= MOST_PLACES:
        raise ParameterFault("place", f"{len(typed)} places", f"1 … {MOST_PLACES}")
    return [place_of(text) for text in typed]


def place_of(text: str) -> Position:
    """Raises ParameterFault."""
    place = read_place(text)
    if place is None:
        raise ParameterFault("place", text, "TOPIC/PARTITION/OFFSET, as the list shows it")
    return place


def read_reason(query: QueryDict, *, needed: bool) -> str:
    """Why somebody does it, in `why`. Raises ParameterFault."""
    found = " ".join(query.get("why", "").split())
    if (needed and not found) or len(found) > LONGEST_REASON or not found.isprintable():
        raise ParameterFault("why", found, f"a reason of at most {LONGEST_REASON} characters")
    return found


def _known(query: QueryDict, field: str, known: list[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word for word in query.getlist(field) if word))
    for word in found:
        if word not in known:
            raise ParameterFault(field, word, "one of " + ", ".join(known))
    return found


def _range(query: QueryDict, now: datetime) -> TimeRange:
    if query.get("from") or query.get("to"):
        return read_range(query, now)
    return parse_range("now-7d", "now", query.get("tz", ""), now)
