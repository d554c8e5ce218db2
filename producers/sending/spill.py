"""Messages that Kafka did not acknowledge, kept in a file that `replay` sends again byte for byte."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from metering.telemetry import Log
from producers.sending.block import Block

_NAMED_ONE_BY_ONE = 10
_FIRST_CHARACTERS = 60


class Spill:
    """A fresh file beside those of earlier runs, made when the first message is kept."""

    def __init__(self, wanted: Path, log: Log) -> None:
        self._wanted = wanted
        self._log = log
        self.path: Path | None = None
        self.kept = 0

    def keep(self, block: Block, why: Mapping[int, str]) -> None:
        """Append the messages at these indices, flushed to the disk, and name the first of them in the log."""
        if not why:
            return
        self.path = self.path or _fresh(self._wanted)
        with self.path.open("a", encoding="utf-8") as lines:
            lines.writelines(kept_line(block.topic, block.keys[index], block.values[index]) for index in why)
            lines.flush()
            os.fsync(lines.fileno())
        for index, reason in islice(why.items(), max(0, _NAMED_ONE_BY_ONE - self.kept)):
            self._name(block, index, reason)
        self.kept += len(why)

    def _name(self, block: Block, index: int, reason: str) -> None:
        value = block.values[index] or b""
        self._log.error(
            "event not acknowledged",
            topic=block.topic,
            key=(block.keys[index] or b"").decode("utf-8", "replace"),
            event_id=event_id_of(value),
            begins=value[:_FIRST_CHARACTERS].decode("utf-8", "replace"),
            why=reason,
        )


def event_id_of(value: bytes) -> str | None:
    """The event_id of a message, None where it has none or is not an object."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    event_id = found.get("event_id") if isinstance(found, dict) else None
    return event_id if isinstance(event_id, str) else None


def kept_line(topic: str, key: bytes | None, value: bytes | None) -> str:
    """A line of the file. Base64 keeps what no JSON text can: binary, invalid UTF-8; null is a tombstone."""
    return json.dumps({"topic": topic, "key": _text(key), "value": _text(value)}) + "\n"


def _text(raw: bytes | None) -> object:
    if raw is None:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode("ascii")}


def _fresh(wanted: Path) -> Path:
    """`unsent.jsonl`, else `unsent-2.jsonl` and so on: an older file still waits to be sent."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
