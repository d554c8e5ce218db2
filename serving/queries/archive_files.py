"""The archive's files in use, by hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from serving.queries.snapshot import ask, statement


@dataclass(frozen=True)
class HourFile:
    """A listed file of an hour."""

    path: str
    hour: datetime
    rows: int


def files_of(topic: str, start: datetime, end: datetime) -> list[HourFile]:
    """The topic's files of the hours that [start, end) touches, the newest hours first."""
    return ask(statement("archive_files"), {"topic": topic, "start": start, "end": end}, HourFile)
