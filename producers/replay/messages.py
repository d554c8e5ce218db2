"""Rows as messages: checked by the product's own rules, keyed by the subject, with an event_id that stays."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from metering.domain.event import Position, Rejection
from metering.domain.judge import judge
from metering.domain.stream import EVENT_ID, Stream, TimeRules
from producers.replay.mapping import Columns, Unmappable
from producers.replay.readers import Row
from producers.times import now_ms


@dataclass(frozen=True)
class Message:
    """What a row becomes; `fault` says why it becomes nothing."""

    number: int
    topic: str
    key: bytes | None = None
    value: bytes | None = None
    fault: str = ""


@dataclass(frozen=True)
class Mapped:
    """Rows mapped to the stream's fields. `id_prefix` None: rows without an event_id are sent without one."""

    topic: str
    columns: Columns
    id_prefix: str | None
    max_ahead_s: int

    def message(self, row: Row) -> Message:
        """The row's message, or its fault. Age is not judged here: the product decides how old is too old."""
        if row.fields is None:
            return Message(row.number, self.topic, fault=row.fault)
        try:
            event = self.columns.event(row.fields)
        except Unmappable as error:
            return Message(row.number, self.topic, fault=str(error))
        if self.id_prefix is not None:
            event.setdefault(EVENT_ID, f"{self.id_prefix}-{row.number}")
        value = json.dumps(event, separators=(",", ":")).encode()
        key = str(event[self.columns.stream.subject]).encode()
        return Message(row.number, self.topic, key, value, self._fault(value))

    def _fault(self, value: bytes) -> str:
        verdict = judge(
            self.columns.stream, value, Position(self.topic, 0, 0), now_ms() * 1000,
            TimeRules(max_age_s=None, max_ahead_s=self.max_ahead_s))
        if not isinstance(verdict, Rejection):
            return ""
        return f"{verdict.field or 'the row'}: found {verdict.found}, want {verdict.hint} ({verdict.reason.name})"


@dataclass(frozen=True)
class Raw:
    """Lines of a JSONL file as they are: what is wrong with one shows among the dead letters."""

    topic: str
    stream: Stream

    def message(self, row: Row) -> Message:
        subject = (row.fields or {}).get(self.stream.subject)
        key = subject.encode("utf-8", "replace") if isinstance(subject, str) else None
        return Message(row.number, self.topic, key, row.raw)


@dataclass(frozen=True)
class Unsent:
    """Messages of a spill file, byte for byte, each to the topic it was meant for."""

    def message(self, row: Row) -> Message:
        if row.fields is None or not isinstance(row.fields.get("topic"), str):
            return Message(row.number, "", fault=row.fault or "topic: want the text that a spill file has")
        return Message(
            row.number, str(row.fields["topic"]), _bytes(row.fields.get("key")), _bytes(row.fields.get("value")))


def _bytes(kept: object) -> bytes | None:
    """The inverse of what sending/spill.py writes."""
    if isinstance(kept, dict):
        return base64.b64decode(kept["base64"])
    return kept.encode() if isinstance(kept, str) else None


Maker = Mapped | Raw | Unsent


def content_id(path: Path) -> str:
    """A name for the file's content: equal files give equal names, whatever they are called."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:32]
