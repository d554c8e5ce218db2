"""A day of machine samples and their sums as the layers would leave them, beside the books of `sample_machines`.

web-1 and web-2 serve `web`, db-1 `database`, cache-1 `cache` (whose disk is unknown), worker-1 `worker` (all of whose
readings are unknown for an hour). One hour has no sample at all; worker-1 is silent for the last two hours.
Standard library and psycopg2 only. The same `now` and seed give the same rows.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values

from tests.lib.sample_machines import MachineHour

MACHINES = {"web-1": "web", "web-2": "web", "db-1": "database", "cache-1": "cache", "worker-1": "worker"}
INTERVAL_S = 20
NO_SAMPLES_AGO, UNKNOWN_AGO, WORKER_SILENT_AGO = 14, 6, 2  # hours
GENERATION = 6

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
_SERVICE = (
    "service, time_stamp, cpu, ram, disk, max_cpu_time, max_cpu, max_ram_time, max_ram, max_disk_time, max_disk,"
    " msg_num, cpu_known, ram_known, disk_known")
_MACHINE = "machine_id, {}, cpu, ram, cpu_percent_s, ram_percent_s, sampled_s, samples"


@dataclass(frozen=True)
class Sample:
    """One sample; a reading of None is unknown."""

    machine: str
    service: str
    at: datetime
    cpu: Decimal | None
    ram: Decimal | None
    disk: Decimal | None
    interval_s: int


def fill_load(connection: Any, made: list[MachineHour], now: datetime, seed: int = 7) -> list[Sample]:
    """Insert the sums of the hours and commit; the rollups' tables are to be empty. Returns the samples."""
    rolled = random.Random(seed)
    samples = [sample for ago, hour in enumerate(reversed(made)) for sample in _samples(rolled, hour.start, ago, now)]
    realtime = {hour.start for hour in made if hour.is_unpublished}
    live = [sample for sample in samples if floor(sample.at, HOUR) in realtime]
    kept = [sample for sample in samples if floor(sample.at, HOUR) not in realtime]
    with connection, connection.cursor() as cursor:
        for rows, suffix, more in ((live, "realtime", (GENERATION,)), (kept, "batch", ())):
            _insert(cursor, f"service_minute_{suffix}", _SERVICE, _service_rows(rows, MINUTE), more)
            _insert(cursor, f"machine_minute_{suffix}", _MACHINE.format("minute"), _machine_rows(rows, MINUTE), more)
        _insert(cursor, "service_hour_batch", _SERVICE, _service_rows(kept, HOUR), ())
        _insert(cursor, "machine_hour_batch", _MACHINE.format("hour"), _machine_rows(kept, HOUR), ())
    return samples


def floor(at: datetime, length: timedelta) -> datetime:
    """The start of the minute or hour."""
    return at.replace(minute=at.minute if length == MINUTE else 0, second=0, microsecond=0)


def _samples(rolled: random.Random, start: datetime, ago: int, now: datetime) -> Iterator[Sample]:
    if ago == NO_SAMPLES_AGO:
        return
    for step in range(3600 // INTERVAL_S):
        at = start + timedelta(seconds=step * INTERVAL_S)
        if at > now:
            return
        for place, (machine, service) in enumerate(MACHINES.items()):
            if service == "worker" and ago < WORKER_SILENT_AGO:
                continue
            is_known = not (service == "worker" and ago == UNKNOWN_AGO)
            cpu, ram, disk = (_reading(rolled, base + 4 * place + 9 * (start.hour % 5)) for base in (12, 30, 41))
            yield Sample(
                machine, service, at, cpu if is_known else None, ram if is_known else None,
                disk if is_known and service != "cache" else None, INTERVAL_S)


def _reading(rolled: random.Random, around: int) -> Decimal:
    return Decimal(min(max(int(rolled.gauss(around, 6) * 1000), 0), 100_000)).scaleb(-3)


def _insert(cursor: Any, table: str, columns: str, rows: Iterable[tuple[Any, ...]], more: tuple[int, ...]) -> None:
    named = [*columns.split(", "), *(["generation"] if more else [])]
    insert = sql.SQL("INSERT INTO {} ({}) VALUES %s").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, named)))
    execute_values(cursor, insert, [(*row, *more) for row in rows])


def _service_rows(samples: Iterable[Sample], length: timedelta) -> Iterator[tuple[Any, ...]]:
    for (service, start), group in _grouped(samples, lambda sample: sample.service, length):
        sums, peaks, known = [], [], []
        for name in ("cpu", "ram", "disk"):
            read = [(getattr(sample, name), sample.at) for sample in group if getattr(sample, name) is not None]
            sums.append(sum((value for value, _ in read), Decimal(0)))
            peak = max((value for value, _ in read), default=None)
            peaks += [min((at for value, at in read if value == peak), default=None), peak]
            known.append(len(read))
        yield (service, start, *sums, *peaks, len(group), *known)


def _machine_rows(samples: Iterable[Sample], length: timedelta) -> Iterator[tuple[Any, ...]]:
    for (machine, start), group in _grouped(samples, lambda sample: sample.machine, length):
        cpu = [(sample.cpu, sample.interval_s) for sample in group if sample.cpu is not None]
        ram = [(sample.ram, sample.interval_s) for sample in group if sample.ram is not None]
        yield (
            machine, start, sum(value for value, _ in cpu), sum(value for value, _ in ram),
            sum(value * seconds for value, seconds in cpu), sum(value * seconds for value, seconds in ram),
            sum(seconds for _, seconds in cpu), len(group))


def _grouped(samples: Iterable[Sample], key: Any, length: timedelta) -> Iterable[tuple[tuple[str, datetime], Any]]:
    groups: dict[tuple[str, datetime], list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[key(sample), floor(sample.at, length)].append(sample)
    return groups.items()
