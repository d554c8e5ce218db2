"""Small audiences to test with."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from producers.audience.plan import AudiencePlan

DAY_S = 86_400


def at(text: str) -> int:
    """Epoch seconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def a_plan(
    *, seed: int = 1, customers: int = 200, plays: int = 8_000, start: str = "2026-11-16", days: float = 7,
    zone: str = "UTC",
) -> AudiencePlan:
    from_s = at(start)
    return AudiencePlan(seed, customers, plays, from_s, from_s + round(days * DAY_S), ZoneInfo(zone))
