"""Why a correction note was written, in words: which hours changed, in which run, and what changed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from metering.domain.billing.invoice import Document

MOST_HOURS = 20
"""Hours that are named; of more the number is told. The note's own lines list every one."""


@dataclass(frozen=True, order=True)
class HourChange:
    """A final hour that was published again. `run` is None where the batch run's proof is not kept."""

    hour: datetime
    topic: str
    revision: int
    run: int | None
    why: str


def changed_hours(note: Document) -> set[tuple[str, datetime]]:
    """(topic, hour) of the hours whose own quantity changed, not only their price in the period."""
    return {(hour.topic, hour.hour) for line in note.lines for hour in line.hours if hour.quantity}


def why_text(note: Document, changes: Iterable[HourChange]) -> str:
    """One sentence an hour, at most MOST_HOURS of them; what is known of no change is said to be rated again."""
    told = sorted(set(changes))
    named = {(change.topic, change.hour) for change in told}
    unnamed = sorted(changed_hours(note) - named, key=lambda place: (place[1], place[0]))
    sentences = [_sentence(change) for change in told]
    sentences += [f"{_place(topic, hour)}: rated again" for topic, hour in unnamed]
    return "; ".join(_shortened(sentences)) or "rated again"


def _shortened(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - MOST_HOURS
    return [*sentences[:MOST_HOURS], *([f"and {more} more"] if more > 0 else [])]


def _sentence(change: HourChange) -> str:
    run = "" if change.run is None else f", batch run {change.run}"
    return f"{_place(change.topic, change.hour)}: {change.why}, revision {change.revision}{run}"


def _place(topic: str, hour: datetime) -> str:
    return f"{topic} {hour.astimezone(UTC):%Y-%m-%dT%H}"
