"""Three days of rows as the layers would leave them, for the pages: the last hour by the speed layer alone,
the one before published and not final, one hour whose proof failed, one that was corrected, all else final.

Standard library and psycopg2 only. The same `now` and seed give the same rows.
"""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg2.extras import execute_values

HOUR, WINDOW = timedelta(hours=1), timedelta(minutes=5)
TOPIC, PARTITIONS = "devices", 4
USERS = [f"00000000-0000-0000-0000-{number:012d}" for number in range(1, 21)]
APPS = ["SKYPE", "FACEBOOK", "TELEGRAM", "FACETIME"]
ANTENNAS = [f"{digit}" * 8 + f"-{digit * 4}" * 3 + "-" + f"{digit}" * 12 for digit in "01234"]
NAMES = [
    "juan",
    "carlos",
    "ana",
    "lucía",
    "fede",
    "=marta",
    "sofía",
    "diego",
    "elena",
    "pablo",
    "inés",
    "luis",
    "clara",
    "jorge",
    "nuria",
    "hugo",
    "rosa",
    "iván",
]
TYPES = {"user_total_bytes": 0, "app_total_bytes": 1, "antenna_total_bytes": 2}
FAILED_AGO, CORRECTED_AGO = 5, 20  # hours

Key = tuple[str, datetime, str]
"""(type, window or hour, id)"""


@dataclass(frozen=True)
class Hour:
    """One hour as it stands: sums by 5 minutes, and how far the layers are with it."""

    start: datetime
    sums: dict[Key, int]
    events: int
    state: str

    @property
    def total(self) -> int:
        return sum(value for (kind, _, _), value in self.sums.items() if kind == "user_total_bytes")


def fill(connection: Any, now: datetime, *, hours: int = 72, seed: int = 7) -> list[Hour]:
    """Insert everything and commit. `now` is aware; the tables are to be empty. Returns what was inserted."""
    rolled = random.Random(seed)
    current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    made = [_hour(rolled, current - HOUR * ago, _state(ago), now) for ago in range(hours - 1, -1, -1)]
    with connection, connection.cursor() as cursor:
        _users(cursor)
        _sums(cursor, made)
        _books(cursor, made, now)
        _proofs(cursor, made, now)
        _violations(cursor, made)
        _letters(cursor, now)
        _layers(cursor, now)
    return made


def _state(ago: int) -> str:
    if ago == 0:
        return "realtime"
    if ago == FAILED_AGO:
        return "failed"
    return {1: "published", CORRECTED_AGO: "corrected"}.get(ago, "final")


def _hour(rolled: random.Random, start: datetime, state: str, now: datetime) -> Hour:
    sums: dict[Key, int] = defaultdict(int)
    events = 0
    for step in range(12):
        window = start + WINDOW * step
        if window > now:
            break
        rhythm = 0.35 + 0.65 * (1 + math.sin((window.hour + window.minute / 60 - 10) / 24 * 2 * math.pi)) / 2
        for _ in range(int(26 * rhythm) + 2):
            keys = (_pick(rolled, USERS), _pick(rolled, APPS), _pick(rolled, ANTENNAS))
            value = int(rolled.lognormvariate(13.5, 1.1))
            events += 1
            for kind, place in TYPES.items():
                sums[kind, window, keys[place]] += value
    if start.hour == 3:
        sums["app_total_bytes", start, "HEARTBEAT"] = 0
    return Hour(start, dict(sums), events, state)


def _pick(rolled: random.Random, ids: list[str]) -> str:
    return ids[min(int(rolled.expovariate(2.2 / len(ids))), len(ids) - 1)]


def _users(cursor: Any) -> None:
    rows = [
        (USERS[index], name, f"{name.strip('=')}@gmail.com", 6_000_000 if index < 2 else 40_000_000)
        for index, name in enumerate(NAMES)
    ]
    execute_values(cursor, "INSERT INTO user_metadata (id, name, email, quota) VALUES %s", rows)


def _sums(cursor: Any, made: list[Hour]) -> None:
    batch = [row for hour in made if hour.state not in ("realtime", "failed") for row in _rows(hour.sums)]
    execute_values(cursor, "INSERT INTO bytes_batch (type, timestamp, id, value) VALUES %s", batch)
    hourly = [row for hour in made if hour.state not in ("realtime", "failed") for row in _rows(by_hour(hour))]
    execute_values(cursor, "INSERT INTO bytes_hourly (type, timestamp, id, value) VALUES %s", hourly)
    realtime = [(*row, 9) for hour in made if hour.state in ("realtime", "failed") for row in _rows(hour.sums)]
    execute_values(cursor, "INSERT INTO bytes (type, timestamp, id, value, generation) VALUES %s", realtime)


def _rows(sums: dict[Key, int]) -> Iterator[tuple[str, datetime, str, int]]:
    return ((kind, at, key, value) for (kind, at, key), value in sums.items())


def by_hour(hour: Hour) -> dict[Key, int]:
    """The sums of an hour by type and id."""
    sums: dict[Key, int] = defaultdict(int)
    for (kind, _, key), value in hour.sums.items():
        sums[kind, hour.start, key] += value
    return sums


def _books(cursor: Any, made: list[Hour], now: datetime) -> None:
    cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES (%s, 9)", (TOPIC,))
    files, read = [], [0] * PARTITIONS
    for hour in made:
        parts = [hour.events // PARTITIONS + (index < hour.events % PARTITIONS) for index in range(PARTITIONS)]
        for partition, rows in enumerate(parts):
            first = read[partition]
            read[partition] += rows
            files.append(
                (
                    f"{TOPIC}/{hour.start:year=%Y/month=%m/day=%d/hour=%H}/{partition}-{first}.parquet",
                    TOPIC,
                    hour.start,
                    rows,
                    partition,
                    first,
                    first + rows - 1,
                    9 if hour.state in ("realtime", "failed") else 8,
                    rows * 61 + 4000,
                    "a" * 64,
                )
            )
    execute_values(
        cursor,
        "INSERT INTO archive_file (path, topic, hour, rows, kafka_partition, first_offset, last_offset,"
        " generation, size, sha256) VALUES %s",
        files,
    )
    letters = [_LETTERS_EACH] * PARTITIONS
    offsets = [
        (
            TOPIC,
            partition,
            0,
            read[partition] + letters[partition],
            read[partition] + letters[partition] + 3,
            now - timedelta(seconds=8),
        )
        for partition in range(PARTITIONS)
    ]
    execute_values(
        cursor,
        "INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset, last_append) VALUES %s",
        offsets,
    )


def _proofs(cursor: Any, made: list[Hour], now: datetime) -> None:
    proofs, states = [], []
    for run, hour in enumerate(made, 1):
        if hour.state == "realtime":
            continue
        bad, repeats = hour.state == "failed", 40_000 if hour.start.hour % 4 == 0 else 0
        raw = hour.total + repeats
        proofs += [
            (
                run,
                TOPIC,
                hour.start,
                kind,
                raw,
                raw - 1200 * bad,
                hour.total - 1200 * bad,
                repeats,
                not bad,
                "the archive has 1,200 less than the fast count: a file is damaged" if bad else "",
                hour.start + HOUR * 1.2,
            )
            for kind in TYPES
        ]
        states.append(
            (
                TOPIC,
                hour.start,
                8,
                3 if hour.state == "corrected" else 1,
                hour.events,
                3 if repeats else 0,
                hour.state in ("final", "corrected"),
                "proof failed: realtime is not the archive" if bad else "",
            )
        )
    execute_values(
        cursor,
        "INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, why, proved_at)"
        " VALUES %s",
        proofs,
    )
    execute_values(
        cursor,
        "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, failed)"
        " VALUES %s",
        states,
    )
    corrected = [hour for hour in made if hour.state == "corrected"]
    corrections = [
        (TOPIC, hour.start, 3, kind, key, value - 5000, value, "a late event")
        for hour in corrected
        for (kind, _, key), value in list(by_hour(hour).items())[:6]
    ]
    execute_values(
        cursor,
        "INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why) VALUES %s",
        corrections,
    )
    runs = [
        (
            TOPIC,
            8,
            hour.start + HOUR * 1.15,
            hour.start + HOUR * 1.15 + timedelta(seconds=14),
            2,
            int(hour.state == "failed"),
            "failed" if hour.state == "failed" else "done",
            "1 hour was not published" if hour.state == "failed" else "",
        )
        for hour in made[-13:-1]
    ]
    execute_values(
        cursor,
        "INSERT INTO batch_run (topic, sealed_generation, started_at, finished_at, hours_published,"
        " hours_failed, status, note) VALUES %s",
        runs,
    )


def _violations(cursor: Any, made: list[Hour]) -> None:
    quotas = {USERS[index]: 6_000_000 if index < 2 else 40_000_000 for index in range(len(NAMES))}
    rows = [
        (f"{NAMES[USERS.index(key)].strip('=')}@gmail.com", value, quotas[key], hour.start)
        for hour in made
        if hour.state not in ("realtime", "failed")
        for (kind, _, key), value in by_hour(hour).items()
        if kind == "user_total_bytes" and key in quotas and value > quotas[key]
    ]
    execute_values(cursor, "INSERT INTO user_quota_limit (email, usage, quota, timestamp) VALUES %s", rows)


_LETTERS = [
    ("PARSE", b'{"timestamp": 1613768400, "id": ', "", "Expecting value", "one JSON object in UTF-8"),
    ("PARSE", bytes(range(250, 256)) * 3, "", "invalid start byte", "one JSON object in UTF-8"),
    ("PARSE", b"", "", "no value (a tombstone)", ""),
    (
        "FUTURE",
        b'{"timestamp": 1795521600000, "id": "u1", "antenna_id": "a", "app": "SKYPE", "bytes": 5}',
        "timestamp",
        "1795521600000",
        "looks like milliseconds; want seconds",
    ),
    (
        "ID",
        '{"timestamp": 1613768400, "id": "<script>alert(1)</script>\u202e"}'.encode(),
        "id",
        "'<script>alert(1)</script>'",
        "1–64 of A-Z a-z 0-9 . _ : -",
    ),
    (
        "RANGE",
        b'{"timestamp": 1613768400, "id": "u1", "antenna_id": "a", "app": "SKYPE", "bytes": -5}',
        "bytes",
        "-5",
        "a whole number 0 … 4398046511104",
    ),
    ("REQUIRED", b'{"timestamp": 1613768400, "ID": "u1"}', "id", "ID", "spell it 'id'"),
]
_LETTERS_EACH = 2 * len(_LETTERS)


def _letters(cursor: Any, now: datetime) -> None:
    rows = [
        (
            TOPIC,
            partition,
            10_000_000 + index,
            *_LETTERS[index % len(_LETTERS)],
            now - timedelta(minutes=7 * index + partition),
        )
        for partition in range(PARTITIONS)
        for index in range(_LETTERS_EACH)
    ]
    rows.append((TOPIC, 0, 5, "CONFLICT", b'{"app":"SKYPE","bytes":7}', "event_id", "e-17", "", now - HOUR * 2))
    execute_values(
        cursor,
        'INSERT INTO dead_letter (topic, partition, "offset", reason, raw, field, found, hint, noticed_at) VALUES %s',
        rows,
    )


def _layers(cursor: Any, now: datetime) -> None:
    speed = {"slices": 4211, "events": 2_114_067, "rejected": 57, "files": 9120, "slice_s": 5}
    rows = [
        ("speed:devices", now - timedelta(days=2), now - timedelta(seconds=3), json.dumps(speed)),
        ("batch", now - timedelta(minutes=50), now - timedelta(minutes=49), json.dumps({"run": 12})),
    ]
    execute_values(cursor, "INSERT INTO layer_status (layer, started_at, seen_at, detail) VALUES %s", rows)
