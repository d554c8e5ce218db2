"""Gaps: offsets that were stepped over, and who has taken note of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metering.domain.event import Position
from metering.domain.spans import DELETED
from serving.queries.snapshot import ask, statement, whole

PAGE_ROWS = 50
ALL_ROWS = 1_000_000


@dataclass(frozen=True)
class GapSelection:
    """Of which topics (empty: all), acknowledged or not (None: both), with which text in the reason."""

    topics: tuple[str, ...] = ()
    acknowledged: bool | None = None
    text: str = ""


@dataclass(frozen=True)
class ShownGap:
    """Offsets [first_offset, last_offset] that were never seen. `acknowledged_at` None: nobody has taken note yet."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    messages: int
    reason: str
    noticed_at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    acknowledged_reason: str
    rows: int

    @property
    def place(self) -> Position:
        return Position(self.topic, self.partition, self.first_offset)


@dataclass(frozen=True)
class OpenGaps:
    """What nobody has acknowledged: gaps, their offsets, and those among them that were records Kafka deleted."""

    gaps: int = 0
    messages: int = 0
    lost: int = 0


def gaps(selection: GapSelection, page: int = 1, size: int = PAGE_ROWS) -> list[ShownGap]:
    """A page of the gaps, those that nobody has acknowledged first."""
    return ask(
        statement("gaps"),
        {"topics": list(selection.topics) or None, "acknowledged": selection.acknowledged,
         "text": selection.text or None, "limit": size, "offset": (page - 1) * size},
        ShownGap)


def open_gaps(topics: Sequence[str]) -> dict[str, OpenGaps]:
    """By topic, what nobody has acknowledged yet; a topic without such gaps is not there."""
    return dict(ask(statement("open_gaps"), {"topics": list(topics), "lost": DELETED}, _of_topic))


def _of_topic(topic: str, gaps: int, messages: Any, lost: Any) -> tuple[str, OpenGaps]:
    return topic, OpenGaps(gaps, whole(messages), whole(lost))
