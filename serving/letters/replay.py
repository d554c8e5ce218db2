"""Dead letters sent to their topics again, each at most once, whatever fails in between.

open → (committed: from where to look, under which number it is sent) replaying → sent → replayed. A letter found
in `replaying` was left by somebody who failed: it is looked for in Kafka, and sent under the same number if it is
not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from metering.clock import SystemClock
from metering.domain.event import Position, Reason
from metering.failpoints import reach
from metering.kafka.resend import Number, Original, Resender, Untaken
from metering.settings import KafkaSettings
from serving.letters.outcome import Outcome, place_text
from serving.queries.snapshot import statement
from serving.schema.models import DeadLetter

NUMBER_HOLDS = timedelta(hours=12)
"""Kafka forgets a producer's numbers after a day, and with them a sender that was frozen for so long."""

IS_CONFLICT = "it lost a conflict: the archive holds the whole event, and another of its event_id is counted"
IS_EMPTY = "it has no bytes that could be sent"
IS_GONE = "Kafka no longer holds it, and the database has its first {kept} of {size} bytes only"
IS_OTHER = "Kafka holds other bytes at its place: the topic was made anew"
UNKNOWN = "Kafka has deleted what came after the first try: it is not known whether that one arrived, so it is not sent"


class _Refused(Exception):
    """A letter that is not replayed, and why."""


@dataclass(frozen=True)
class Attempt:
    """Who replays, and why (may be empty)."""

    by: str
    reason: str = ""


def replay(kafka: KafkaSettings, places: Iterable[Position], attempt: Attempt) -> Iterator[Outcome]:
    """Replay each letter once, in order; a second time it is refused.

    Raises ServiceAway where Kafka or PostgreSQL goes away: the letter at work is `replaying` then, or still open,
    those after it are untouched, and another replay goes on where this one stopped.
    """
    for topic, of_topic in groupby(sorted(places), lambda place: place.topic):
        with Resender(kafka, topic) as resender:
            for place in of_topic:
                yield _one(resender, place, attempt)


def _one(resender: Resender, place: Position, attempt: Attempt) -> Outcome:
    try:
        with _alone(place):
            letter = _replayable(place)
            if letter.state == "replaying":
                return _go_on(resender, letter, place)
            return _begin(resender, letter, place, attempt)
    except _Refused as refused:
        return Outcome(place, str(refused))


def _begin(resender: Resender, letter: DeadLetter, place: Position, attempt: Attempt) -> Outcome:
    record = _record(resender, letter, place)
    number = resender.next_number(place.partition)
    noted = {
        "state_by": attempt.by, "state_reason": attempt.reason, "replay_from": resender.end(place.partition),
        "replay_number": asdict(number)}
    if not _move(place, "open", "replaying", **noted):
        raise _Refused("somebody else was faster")
    return _send(resender, place, record, number)


def _go_on(resender: Resender, letter: DeadLetter, place: Position) -> Outcome:
    """Finish what another one began."""
    if resender.first(place.partition) > letter.replay_from:
        _move(place, "replaying", "replayed", state_reason=f"{letter.state_reason} ({UNKNOWN})".strip())
        return Outcome(place, remark=UNKNOWN)
    found = resender.sent(place, letter.replay_from)
    if found is not None:
        return _sent(place, found, "it had arrived")
    try:
        record = _record(resender, letter, place)
    except _Refused:
        _move(place, "replaying", "open")
        raise
    return _send(resender, place, record, _number(resender, letter, place))


def _number(resender: Resender, letter: DeadLetter, place: Position) -> Number:
    """The number of the first try; another, committed before it is used, where Kafka may have forgotten that one."""
    if SystemClock().now() - letter.state_at < NUMBER_HOLDS:
        return Number(**letter.replay_number)
    number = resender.next_number(place.partition)
    _move(place, "replaying", "replaying", replay_number=asdict(number))
    return number


def _send(resender: Resender, place: Position, record: Original, number: Number) -> Outcome:
    try:
        offset = resender.send(place, record, number)
    except Untaken as untaken:
        _move(place, "replaying", "open")
        raise _Refused(str(untaken)) from untaken
    reach("replay-after-send")
    return _sent(place, offset, "" if record.key is not None else "without a key")


def _sent(place: Position, offset: int, remark: str) -> Outcome:
    _move(place, "replaying", "replayed", replay_offset=offset)
    return Outcome(place, offset=offset, remark=remark)


def _replayable(place: Position) -> DeadLetter:
    letter = DeadLetter.objects.filter(**asdict(place)).first()
    if letter is None:
        raise _Refused("there is no such dead letter")
    if letter.state not in ("open", "replaying"):
        raise _Refused(f"it is {letter.state} already")
    if letter.reason == Reason.CONFLICT.name:
        raise _Refused(IS_CONFLICT)
    if not (letter.raw_size or letter.raw):
        raise _Refused(IS_EMPTY)
    return letter


def _record(resender: Resender, letter: DeadLetter, place: Position) -> Original:
    """The original bytes: from Kafka, which has the key too, else from the database where those are all."""
    found = resender.original(place)
    if found is not None:
        if letter.raw_sha256 and hashlib.sha256(found.value or b"").hexdigest() != letter.raw_sha256:
            raise _Refused(IS_OTHER)
        return found
    raw = bytes(letter.raw)
    if len(raw) < letter.raw_size:
        raise _Refused(IS_GONE.format(kept=len(raw), size=letter.raw_size))
    return Original(None, raw)


def _move(place: Position, before: str, after: str, **noted: Any) -> bool:
    """Change the state if it is still `before`; whether it was."""
    now = SystemClock().now()
    return bool(
        DeadLetter.objects.filter(**asdict(place), state=before).update(state=after, state_at=now, **noted))


@contextmanager
def _alone(place: Position) -> Iterator[None]:
    """Hold the letter's lock. PostgreSQL lets go of it when the session ends, however that happens."""
    name = {"name": f"lambdameter replay {place_text(place)}"}
    with connection.cursor() as cursor:
        cursor.execute(statement("letter_lock"), name)
        [(held,)] = cursor.fetchall()
        if not held:
            raise _Refused("somebody else replays it at this moment")
        try:
            yield
        finally:
            cursor.execute(statement("letter_unlock"), name)
