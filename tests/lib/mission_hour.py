"""The published hour: events that add up to the 29 totals of 2021-02-19 21:00 UTC, and the hours after it.

Standard library only, so that any check can use it. Every call gives the same events, ids included.
2021 is far behind: whoever feeds these to the product sets LAMBDAMETER_MAX_AGE_DAYS=0.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

Event = dict[str, object]

HOUR = datetime(2021, 2, 19, 21, tzinfo=UTC)
TOTAL = 1_021_080

ANTENNAS = {
    "11111111-1111-1111-1111-111111111111": 460_470,
    "00000000-0000-0000-0000-000000000000": 217_078,
    "44444444-4444-4444-4444-444444444444": 22_085,
    "22222222-2222-2222-2222-222222222222": 21_442,
    "33333333-3333-3333-3333-333333333333": 300_005,
}
APPS = {"TELEGRAM": 262_620, "FACEBOOK": 315_438, "SKYPE": 217_340, "FACETIME": 225_682}
USERS = {
    f"00000000-0000-0000-0000-{number:012d}": value
    for number, value in enumerate(
        (
            55_163,
            67_596,
            50_067,
            33_522,
            57_022,
            48_563,
            50_556,
            54_439,
            45_335,
            42_770,
            59_116,
            54_412,
            51_903,
            40_242,
            43_571,
            51_130,
            44_821,
            65_829,
            56_542,
            48_481,
        ),
        start=1,
    )
}

EXPECTED: dict[tuple[str, str], int] = {
    **{("antenna_total_bytes", antenna): value for antenna, value in ANTENNAS.items()},
    **{("app_total_bytes", app): value for app, value in APPS.items()},
    **{("user_total_bytes", user): value for user, value in USERS.items()},
}
"""(type, id) → bytes of the hour: the 29 published rows."""

JUAN, CARLOS, FEDE = (f"00000000-0000-0000-0000-{number:012d}" for number in (1, 2, 5))

LATER: tuple[tuple[datetime, str, int], ...] = (
    (datetime(2021, 2, 19, 22, tzinfo=UTC), FEDE, 71_236),
    (datetime(2021, 2, 20, 21, tzinfo=UTC), JUAN, 122_829),
    (datetime(2021, 2, 20, 21, tzinfo=UTC), CARLOS, 111_038),
    (datetime(2021, 2, 20, 21, tzinfo=UTC), FEDE, 132_569),
    (datetime(2021, 2, 20, 22, tzinfo=UTC), FEDE, 82_488),
)
"""(hour, user, bytes of the hour): what was published of the hours that follow."""

VIOLATIONS: tuple[tuple[str, int, int, datetime], ...] = (
    ("fede@gmail.com", 57_022, 5_000, HOUR),
    ("fede@gmail.com", 71_236, 5_000, LATER[0][0]),
    ("juan@gmail.com", 122_829, 100_000, LATER[1][0]),
    ("carlos@gmail.com", 111_038, 100_000, LATER[2][0]),
    ("fede@gmail.com", 132_569, 5_000, LATER[3][0]),
    ("fede@gmail.com", 82_488, 5_000, LATER[4][0]),
)
"""(email, usage, quota, hour): every quota violation of the published hour and the later ones."""

_WINDOWS = 12
_WINDOW_S = 300
_NAMES = (
    "juan",
    "carlos",
    "ana",
    "lucia",
    "fede",
    "marta",
    "diego",
    "sofia",
    "pablo",
    "elena",
    "bruno",
    "clara",
    "hugo",
    "irene",
    "javier",
    "laura",
    "mateo",
    "nadia",
    "oscar",
    "paula",
)
_QUOTAS = {"juan": 100_000, "carlos": 100_000, "fede": 5_000}


def published_hour() -> list[Event]:
    """Events of 21:00–21:59 whose sums by user, by app and by antenna are the published ones."""
    events: list[Event] = []
    for user, app, antenna, value in _cells(USERS, APPS, ANTENNAS):
        events.extend(_spread(HOUR, user, app, antenna, value))
    return events


def later_hours() -> list[Event]:
    """Events of the hours that follow, for the users whose usage was published."""
    antenna = next(iter(ANTENNAS))
    return [event for hour, user, value in LATER for event in _spread(hour, user, "TELEGRAM", antenna, value)]


def users() -> list[dict[str, str]]:
    """The 20 rows of user_metadata: id, name, email, quota (bytes an hour)."""
    return [
        {
            "id": user,
            "name": name.capitalize(),
            "email": f"{name}@gmail.com",
            "quota": str(_QUOTAS.get(name, 1_000_000)),
        }
        for user, name in zip(USERS, _NAMES, strict=True)
    ]


def users_csv() -> str:
    """The same as CSV with a header line."""
    lines = [",".join(row.values()) for row in users()]
    return "\n".join(["id,name,email,quota", *lines]) + "\n"


def _cells(*margins: Mapping[str, int]) -> Iterator[tuple[str, str, str, int]]:
    """The north-west corner rule over three margins: always give the three at hand all that fits."""
    left = [dict(margin) for margin in margins]
    while all(left):
        user, app, antenna = (next(iter(margin)) for margin in left)
        value = min(margin[name] for margin, name in zip(left, (user, app, antenna), strict=True))
        yield user, app, antenna, value
        for margin, name in zip(left, (user, app, antenna), strict=True):
            margin[name] -= value
            if not margin[name]:
                del margin[name]


def _spread(hour: datetime, user: str, app: str, antenna: str, value: int) -> Iterator[Event]:
    """One event in each 5-minute window; the first ones carry a byte more where it does not divide."""
    share, rest = divmod(value, _WINDOWS)
    for window in range(_WINDOWS):
        second = window * _WINDOW_S + (value + 37 * window) % _WINDOW_S
        name = f"{hour.isoformat()}/{user}/{app}/{antenna}/{window}"
        yield {
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "timestamp": int(hour.timestamp()) + second,
            "id": user,
            "antenna_id": antenna,
            "app": app,
            "bytes": share + (window < rest),
        }
