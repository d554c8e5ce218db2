"""A day of a second stream's books as the layers would leave them: the last hour by the speed layer alone, the one
before published and not final, one hour of which a measure's proof failed, one that was corrected, all else final.

Beside `sample_rows`, on the same database. Standard library and psycopg2 only. The same `now` gives the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2.extras import execute_values

HOUR = timedelta(hours=1)
TOPIC, PARTITIONS, HOURS = "resource_usage", 2, 24
PERCENTS = (
    "service_minute.cpu", "service_minute.ram", "service_minute.disk", "machine_minute.cpu", "machine_minute.ram",
    "machine_minute.cpu_percent_s", "machine_minute.ram_percent_s")
COUNTS = (
    "service_minute.msg_num", "service_minute.cpu_known", "service_minute.ram_known", "service_minute.disk_known",
    "machine_minute.sampled_s", "machine_minute.samples")
FAILED_AGO, CORRECTED_AGO = 4, 9  # hours
FAILED_TYPE = "service_minute.ram"
SEALED = 5


@dataclass(frozen=True)
class MachineHour:
    """One hour: its samples, of them repeats, and how far the layers are with it."""

    start: datetime
    samples: int
    repeats: int
    state: str

    @property
    def is_unpublished(self) -> bool:
        return self.state in ("realtime", "failed")

    def sums(self, kind: str) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Realtime, archive, batch and duplicates of a type."""
        each = Decimal("41.125") + PERCENTS.index(kind) if kind in PERCENTS else Decimal(1)
        whole, repeated = each * (self.samples + self.repeats), each * self.repeats
        lost = Decimal("12.500") if self.state == "failed" and kind == FAILED_TYPE else Decimal(0)
        return whole, whole - lost, whole - repeated - lost, repeated


def fill_machines(connection: Any, now: datetime) -> list[MachineHour]:
    """Insert everything and commit. `now` is aware; the books have no row of this topic. Returns the hours."""
    current = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    made = [
        MachineHour(current - HOUR * ago, 300 + 7 * ago, 3 if ago % 3 == 0 else 0, _state(ago))
        for ago in range(HOURS - 1, -1, -1)]
    with connection, connection.cursor() as cursor:
        _offsets(cursor, made, now)
        _hours(cursor, made)
        _letters(cursor, now)
    return made


def _state(ago: int) -> str:
    return {0: "realtime", 1: "published", FAILED_AGO: "failed", CORRECTED_AGO: "corrected"}.get(ago, "final")


def _offsets(cursor: Any, made: list[MachineHour], now: datetime) -> None:
    read = [0] * PARTITIONS
    files = []
    for hour in made:
        rows = hour.samples + hour.repeats
        for partition, part in enumerate((rows // 2, rows - rows // 2)):
            path = f"{TOPIC}/{hour.start:year=%Y/month=%m/day=%d/hour=%H}/{partition}-{read[partition]}.parquet"
            files.append((
                path, TOPIC, hour.start, part, partition, read[partition], read[partition] + part - 1,
                SEALED + hour.is_unpublished, part * 48 + 3000, "b" * 64))
            read[partition] += part
    cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES (%s, %s)", (TOPIC, SEALED + 1))
    execute_values(
        cursor, "INSERT INTO archive_file (path, topic, hour, rows, kafka_partition, first_offset, last_offset,"
        " generation, size, sha256) VALUES %s", files)
    execute_values(
        cursor,
        "INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset, last_append) VALUES %s",
        [(TOPIC, partition, 0, end + 1, end + 1, now - timedelta(seconds=5)) for partition, end in enumerate(read)])
    cursor.execute(
        "INSERT INTO layer_status (layer, started_at, seen_at, detail) VALUES (%s, %s, %s, %s)",
        (f"speed:{TOPIC}", now - timedelta(hours=9), now - timedelta(seconds=2), json.dumps({"slices": 77})))


def _hours(cursor: Any, made: list[MachineHour]) -> None:
    run = 1_000
    for hour in made:
        if hour.state == "realtime":
            continue
        run += 1
        execute_values(
            cursor, "INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, why,"
            " proved_at) VALUES %s", list(_proofs(run, hour)))
        is_failed = hour.state == "failed"
        cursor.execute(
            "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, failed)"
            " VALUES (%s, %s, %s, 1, %s, %s, %s, %s)",
            (TOPIC, hour.start, 0 if is_failed else SEALED, hour.samples, hour.repeats,
             hour.state in ("final", "corrected"), f"{FAILED_TYPE}: realtime and archive differ" if is_failed else ""))
        if hour.state == "corrected":
            cursor.execute(
                "INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)"
                " VALUES (%s, %s, 2, 'service_minute.cpu', 'web', 1200.125, 1241.250, 'a late sample')",
                (TOPIC, hour.start))
    cursor.execute(
        "INSERT INTO batch_run (topic, sealed_generation, started_at, finished_at, hours_published, status)"
        " VALUES (%s, %s, %s, %s, 1, 'done')",
        (TOPIC, SEALED, made[-1].start + HOUR / 12, made[-1].start + HOUR / 12 + timedelta(seconds=9)))


def _proofs(run: int, hour: MachineHour) -> Iterator[tuple[object, ...]]:
    for kind in (*PERCENTS, *COUNTS):
        realtime, archive, batch, duplicates = hour.sums(kind)
        why = "" if realtime == archive else "the archive has 12.500 less than the fast count"
        yield (run, TOPIC, hour.start, kind, realtime, archive, batch, duplicates, not why, why,
               hour.start + HOUR * 1.2)


def _letters(cursor: Any, now: datetime) -> None:
    rows = [
        (TOPIC, partition, 10_000_000, "RANGE", b'{"machine_id": "m1", "cpu": 101, "ram": 5}', "cpu", "101",
         "a number 0 … 100, at most 3 decimals", now - timedelta(minutes=partition))
        for partition in range(PARTITIONS)]
    execute_values(
        cursor,
        'INSERT INTO dead_letter (topic, partition, "offset", reason, raw, field, found, hint, noticed_at) VALUES %s',
        rows)
