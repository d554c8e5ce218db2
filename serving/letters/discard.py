"""Dead letters that nobody will send again, and gaps that an operator has taken note of; each with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from metering.clock import SystemClock
from metering.domain.event import Position
from serving.letters.outcome import Outcome
from serving.schema.models import DeadLetter, OffsetGap

LONGEST_REASON = 1000


def discard(places: Iterable[Position], by: str, reason: str) -> list[Outcome]:
    """Discard open letters; their rows stay. One that is not open is refused."""
    return [_discard(place, by, reason) for place in places]


def _discard(place: Position, by: str, reason: str) -> Outcome:
    letters = DeadLetter.objects.filter(**asdict(place))
    if letters.filter(state="open").update(
            state="discarded", state_by=by, state_reason=reason, state_at=SystemClock().now()):
        return Outcome(place)
    state = letters.values_list("state", flat=True).first()
    if state is None:
        return Outcome(place, "there is no such dead letter")
    if state == "replaying":
        return Outcome(place, "a replay of it was begun and may have arrived: replay it, that finds out")
    return Outcome(place, f"it is {state} already")


def acknowledge(gap: Position, by: str, reason: str) -> Outcome:
    """Take note of the gap that begins at the place. One that was acknowledged keeps who and why, and is refused."""
    gaps = OffsetGap.objects.filter(topic=gap.topic, partition=gap.partition, first_offset=gap.offset)
    if gaps.filter(acknowledged_at=None).update(
            acknowledged_by=by, acknowledged_reason=reason, acknowledged_at=SystemClock().now()):
        return Outcome(gap, remark="acknowledged")
    return Outcome(gap, "it is acknowledged already" if gaps.exists() else "no gap begins there")
