"""A topic that keeps what Kafka acknowledged, for the checker's comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from tests.lib.topic import Message, Place, Topic

TIME_NAMES = ("timestamp", "datetime", "local_time")

Acknowledged = dict[str, Any]
"""A row of a truth: topic, partition, offset, event_id, timestamp (epoch seconds; None: none was sent that is one)."""


class RecordedTopic(Topic):
    """`note` is told of what each `send` brought about."""

    def __init__(self, servers: str, name: str, subject: str, note: Callable[[list[Acknowledged]], None]) -> None:
        super().__init__(servers, name, subject)
        self._note = note

    def send(self, messages: Iterable[Message], partition: int = -1) -> list[Place]:
        """Send, wait for every acknowledgement, and keep it."""
        sent = list(messages)
        places = super().send(sent, partition)
        self._note([self._row(message, place) for message, place in zip(sent, places, strict=True)])
        return places

    def _row(self, message: Message, place: Place) -> Acknowledged:
        said = _said(message)
        times = [said[name] for name in TIME_NAMES if said.get(name) is not None]
        sent_s = times[0] if times else place.appended_ms / 1000
        return {
            "topic": self._name, "partition": place.partition, "offset": place.offset,
            "event_id": said["event_id"] if isinstance(said.get("event_id"), str) else None,
            "timestamp": float(sent_s) if _is_time(sent_s) else None}


def _said(message: Message) -> dict[str, Any]:
    if not isinstance(message, bytes):
        return dict(message or {})
    with suppress(ValueError):
        found = json.loads(message)
        return found if isinstance(found, dict) else {}
    return {}


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
