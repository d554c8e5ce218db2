"""Examples as text: a table of events, a table of answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

DAY = "2026-11-23"


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of an ASCII table; the first line names the columns, `-` is an absent cell."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    names = lines[0]
    return [
        {name: cell for name, cell in zip(names, cells, strict=True) if cell not in ("-", "")} for cells in lines[1:]]


def epoch(clock: str) -> float:
    """Epoch seconds of a time of the specs' day, such as 21:00:00.5; `next 00:10:00` is the day after."""
    day_s = 86_400 if clock.startswith("next ") else 0
    moment = datetime.fromisoformat(f"{DAY}T{clock.removeprefix('next ')}").replace(tzinfo=UTC)
    return moment.timestamp() + day_s


def micros(clock: str) -> int:
    return round(epoch(clock) * 1_000_000)


def message(row: Mapping[str, str]) -> bytes:
    """A table's row as an antenna event in JSON."""
    event: dict[str, object] = {
        "timestamp": epoch(row["time"]), "id": row["id"], "antenna_id": row["antenna"], "app": row["app"],
        "bytes": int(row["bytes"])}
    if "event_id" in row:
        event["event_id"] = row["event_id"]
    return json.dumps(event).encode()
