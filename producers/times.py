"""Times on the command line: ISO 8601 in UTC, and spans such as 3d."""

from __future__ import annotations

import argparse
import re
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def now_ms() -> int:
    """The machine's time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def instant_ms(text: str) -> int:
    """Epoch milliseconds of an ISO time; without a zone it is UTC.

    >>> instant_ms("2021-02-19T21:00")
    1613768400000
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: want an ISO time such as 2021-02-19T21:00") from None
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)


def span_ms(text: str) -> int:
    """Milliseconds of a span such as 90s, 15m, 6h, 3d or 2w."""
    found = re.fullmatch(r"(\d+)([smhdw])", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r}: want a span such as 90s, 15m, 6h, 3d or 2w")
    return int(found[1]) * _UNITS_S[found[2]] * 1000


def share(text: str) -> float:
    """A share between 0 and 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: want a share from 0 to 1, such as 0.01")
    return number


def zone_faults(name: str) -> list[str]:
    """What is wrong with the zone that --tz names."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return [f"--tz {name!r}: want an IANA name such as Europe/Madrid"]
    return []
