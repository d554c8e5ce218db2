"""How far the data of each stream reaches and how far it is final; every page says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from serving.queries.buckets import HOUR
from serving.queries.snapshot import ask, statement, whole
from serving.queries.streams import every_topic

DATA_LATE, DATA_STALE = timedelta(seconds=30), timedelta(minutes=5)
"""A slice takes 5 s, so half a minute is late."""

FINAL_LATE, FINAL_STALE = timedelta(hours=2), timedelta(hours=5)
"""After its end an hour is final within ten minutes of grace and the next hourly run: 1 h 10 min at most."""

LAYER_SILENT = timedelta(minutes=1)


class Level(Enum):
    """How good a fact is; the value names its colour class."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True)
class Freshness:
    """Times in UTC, None where there is none yet. `topic` is empty where several streams are told of together.

    `data_to`: Kafka's append time of the newest counted record. `final_to`: the end of the last hour such that
    it and all before it are final. `first_hour` … `last_end`: what the sums cover. `behind`: the stage that is
    behind and why, empty when none is.
    """

    topic: str
    data_to: datetime | None
    final_to: datetime | None
    first_hour: datetime | None
    last_end: datetime | None
    waiting: int
    behind: str
    level: Level
    now: datetime

    @property
    def behind_s(self) -> int | None:
        """Seconds from the newest counted record to now."""
        return None if self.data_to is None else max(0, int((self.now - self.data_to).total_seconds()))


def freshness(now: datetime, topic: str | None = None) -> Freshness:
    """How fresh the served sums are at `now`: of one stream, or of all together."""
    return together(freshness_of([topic] if topic else every_topic(), now))


def freshness_of(topics: Sequence[str], now: datetime) -> list[Freshness]:
    """The same of each of these streams, in their order."""
    return ask(statement("freshness"), {"topics": list(topics)}, lambda **found: _freshness(found, now))


def together(each: Sequence[Freshness]) -> Freshness:
    """What holds for every stream that has data: data and final as far as that of all of them.

    The stream that is furthest behind is named. A stream nobody has sent to yet says nothing.
    """
    if len(each) == 1:
        return each[0]
    known = [one for one in each if one.level is not Level.NONE] or list(each)
    worst = max(known, key=lambda one: _BADNESS[one.level])
    finals = [one.final_to for one in known]
    return Freshness(
        topic="", data_to=min((one.data_to for one in known if one.data_to), default=None),
        final_to=None if None in finals else min(moment for moment in finals if moment),
        first_hour=min((one.first_hour for one in known if one.first_hour), default=None),
        last_end=max((one.last_end for one in known if one.last_end), default=None),
        waiting=sum(one.waiting for one in known),
        behind=f"{worst.topic}: {worst.behind}" if worst.behind else "", level=worst.level, now=worst.now)


_BADNESS = {Level.NONE: 0, Level.GOOD: 1, Level.WARN: 2, Level.BAD: 3}


def _freshness(found: dict[str, Any], now: datetime) -> Freshness:
    final_to = _final_to(found)
    behind, level = _behind(found, final_to, now)
    return Freshness(
        topic=found["topic"], data_to=found["data_to"], final_to=final_to, first_hour=found["first_hour"],
        last_end=found["last_hour"] and found["last_hour"] + HOUR,
        waiting=whole(found["waiting"]), behind=behind, level=level, now=now)


def _final_to(found: dict[str, Any]) -> datetime | None:
    first_open, last_final = found["first_open"], found["last_final"]
    if last_final is None or (first_open is not None and first_open <= found["first_final"]):
        return None
    after_last: datetime = last_final + HOUR
    return after_last if first_open is None else min(first_open, after_last)


def _behind(found: dict[str, Any], final_to: datetime | None, now: datetime) -> tuple[str, Level]:
    """The first stage on the data's way that is behind, in words, and how bad it is."""
    for stage in (_speed, _batch, _senders):
        words, level = stage(found, final_to, now)
        if words:
            return words, level
    return "", Level.GOOD if found["data_to"] else Level.NONE


def _speed(found: dict[str, Any], final_to: datetime | None, now: datetime) -> tuple[str, Level]:
    seen, data_to = found["speed_seen"], found["data_to"]
    if seen is not None and now - seen > LAYER_SILENT:
        return f"the speed layer was last seen {ago(now - seen)} ago", Level.BAD
    age = now - data_to if data_to else timedelta()
    if found["waiting"] and age > DATA_LATE:
        return f"the speed layer has {whole(found['waiting']):,} messages to read", _by(age, DATA_STALE)
    return "", Level.GOOD


def _batch(found: dict[str, Any], final_to: datetime | None, now: datetime) -> tuple[str, Level]:
    age = now - found["open_since"] if found["open_since"] else timedelta()
    if age <= FINAL_LATE:
        return "", Level.GOOD
    words = f"the batch layer has not made the hour of {found['longest_open']:%Y-%m-%d %H:%M} UTC final"
    return words, _by(age, FINAL_STALE)


def _senders(found: dict[str, Any], final_to: datetime | None, now: datetime) -> tuple[str, Level]:
    data_to = found["data_to"]
    if data_to is None or now - data_to <= DATA_STALE:
        return "", Level.GOOD
    return f"nothing new arrives: no message for {ago(now - data_to)}", Level.WARN


def _by(age: timedelta, stale: timedelta) -> Level:
    return Level.BAD if age > stale else Level.WARN


def ago(length: timedelta) -> str:
    """A length of time in its two largest units.

    >>> ago(timedelta(hours=25, minutes=3))
    '1 d 1 h'
    """
    seconds = max(0, int(length.total_seconds()))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or parts or unit == "s":
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
