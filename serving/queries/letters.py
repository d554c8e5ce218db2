"""Dead letters one by one: found, counted by what they have in common, and each with all that is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from metering.domain.event import Position, Reason
from serving.queries.dead_letters import readable
from serving.queries.snapshot import ask, statement, stream
from serving.ranges import TimeRange

PAGE_ROWS = 50
SHOWN_BYTES = 200
STATES = ("open", "replaying", "replayed", "discarded")


@dataclass(frozen=True)
class LetterSelection:
    """Letters noticed in the range; of which topics, reasons and states (empty: all), and what they hold.

    `text` is looked for in the kept bytes letter by letter, in `field` and `found` in any case.
    """

    chosen: TimeRange
    topics: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    text: str = ""

    @property
    def parameters(self) -> dict[str, object]:
        return {
            "start": self.chosen.start, "end": self.chosen.end, "topics": list(self.topics) or None,
            "reasons": list(self.reasons) or None, "states": list(self.states) or None, "text": self.text or None}


@dataclass(frozen=True)
class Letter:
    """A dead letter as a line. `text`: the first of its bytes, with nothing in it that could act."""

    topic: str
    partition: int
    offset: int
    reason: str
    state: str
    field: str
    found: str
    hint: str
    text: str
    size: int
    noticed_at: datetime
    state_by: str
    state_at: datetime | None
    state_reason: str
    replay_offset: int | None

    @property
    def place(self) -> Position:
        return Position(self.topic, self.partition, self.offset)


@dataclass(frozen=True)
class LetterPassport:
    """All of one letter. `again`: the letter that its replay became; `before`: the one that it is the replay of."""

    letter: Letter
    meaning: str
    text: str
    as_hex: bool
    kept: int
    sha256: str
    ingest_time: datetime
    again: int | None
    before: int | None

    @property
    def refusal(self) -> str:
        """Why it cannot be replayed, whatever Kafka still holds; empty where it can be tried."""
        if self.letter.reason == Reason.CONFLICT.name:
            return "It lost a conflict: the archive holds the whole event. It can only be discarded."
        return "" if self.letter.size else "It has no bytes that could be sent. It can only be discarded."

    @property
    def is_cut(self) -> bool:
        return self.kept < self.letter.size


@dataclass(frozen=True)
class Facet:
    """A value that letters have in common, and how many have it among those that fit all other filters."""

    value: str
    letters: int
    is_chosen: bool


def letters(selection: LetterSelection, page: int = 1, size: int = PAGE_ROWS) -> list[Letter]:
    """A page of the letters, the latest first."""
    return ask(statement("letters"), _shown(selection) | {"limit": size, "offset": (page - 1) * size}, _letter)


def every_letter(selection: LetterSelection, most: int | None = None) -> Iterator[Letter]:
    """All of them, or the latest `most`, streamed; within a snapshot."""
    return stream(statement("letters"), _shown(selection) | {"limit": most, "offset": 0}, _letter)


def facets(selection: LetterSelection) -> tuple[int, dict[str, list[Facet]]]:
    """How many letters are selected, and by topic, reason and state how many there are."""
    chosen = {"topic": selection.topics, "reason": selection.reasons, "state": selection.states}
    rows = ask(statement("letter_facets"), selection.parameters, lambda **columns: columns)
    fits = {name: [row for row in rows if _fits(row, chosen, without=name)] for name in chosen}
    count = sum(row["letters"] for row in rows if _fits(row, chosen))
    return count, {name: _facet(name, fits[name], chosen[name]) for name in chosen}


def letter_passport(place: Position) -> LetterPassport | None:
    """One letter with all that is kept of it; None where there is no such letter."""
    found = ask(statement("letter"), asdict(place), _passport)
    return found[0] if found else None


def _fits(row: dict[str, Any], chosen: dict[str, tuple[str, ...]], without: str = "") -> bool:
    return all(not values or row[name] in values for name, values in chosen.items() if name != without)


def _facet(name: str, rows: Sequence[dict[str, Any]], chosen: tuple[str, ...]) -> list[Facet]:
    counted = Counter(dict.fromkeys(chosen, 0))
    for row in rows:
        counted[row[name]] += row["letters"]
    return [Facet(value, letters, value in chosen) for value, letters in counted.most_common()]


def _shown(selection: LetterSelection) -> dict[str, object]:
    return selection.parameters | {"bytes": SHOWN_BYTES}


def _letter(raw: Any, **columns: Any) -> Letter:
    return Letter(**columns, text=readable(bytes(raw))[0])


def _passport(
    raw: Any, kept: int, sha256: str, ingest_time: datetime, again: int | None, before: int | None, **columns: Any
) -> LetterPassport:
    letter = _letter(raw, **columns)
    known = Reason.__members__.get(letter.reason)
    text, as_hex = readable(bytes(raw))
    return LetterPassport(
        letter, known.value if known else "", text, as_hex, kept, sha256, ingest_time, again, before)
