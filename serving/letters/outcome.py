"""What became of one dead letter that somebody wanted to change."""

from __future__ import annotations

from dataclasses import dataclass

from metering.domain.event import Position


@dataclass(frozen=True)
class Outcome:
    """`refusal` is empty where it was done; `offset`: where the replay is, None where there is none."""

    place: Position
    refusal: str = ""
    offset: int | None = None
    remark: str = ""

    @property
    def line(self) -> str:
        """One line for a person."""
        where = f"{place_text(self.place)}: "
        if self.refusal:
            return where + "refused: " + self.refusal
        if self.offset is None:
            return where + (self.remark or "discarded")
        return where + f"replayed to {place_text(Position(self.place.topic, self.place.partition, self.offset))}" + (
            f" ({self.remark})" if self.remark else "")


def place_text(place: Position) -> str:
    """A place as people type and read it.

    >>> place_text(Position("a", 1, 7))
    'a/1/7'
    """
    return f"{place.topic}/{place.partition}/{place.offset}"


def read_place(text: str) -> Position | None:
    """The place that a text names; None where it names none.

    >>> read_place("a/1/7"), read_place("a/1/x"), read_place("7")
    (Position(topic='a', partition=1, offset=7), None, None)
    """
    topic, *numbers = text.rsplit("/", 2)
    if not topic or len(numbers) != 2 or not all(_is_number(number) for number in numbers):
        return None
    return Position(topic, int(numbers[0]), int(numbers[1]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
