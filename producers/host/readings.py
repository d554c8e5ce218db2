"""How busy this machine is: percents of its processor, memory and disk, whole or by service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from metering.telemetry import Log

WHOLE = "host"
"""The service of samples that stand for the whole machine."""

_DECIMALS = 3


def percent(part: float, whole: float) -> float:
    """`part` of `whole` in percent, three decimals, 0 to 100: rounding and shared memory can lead beyond.

    >>> percent(1, 3), percent(5, 4), percent(-1, 4)
    (33.333, 100.0, 0.0)
    """
    return round(min(100.0, max(0.0, 100.0 * part / whole)), _DECIMALS) if whole > 0 else 0.0


@dataclass(frozen=True)
class Reading:
    """Percents of the whole machine; `disk` None: not known."""

    service: str
    cpu: float
    ram: float
    disk: float | None


@dataclass(frozen=True)
class Process:
    """A process at one moment: `cpu_s` of processor time since it began, `ram_bytes` resident."""

    pid: int
    began_s: float
    name: str
    cpu_s: float
    ram_bytes: int


@dataclass(frozen=True)
class Filled:
    """So much of so much, in bytes."""

    used_bytes: int
    size_bytes: int

    @property
    def percent(self) -> float:
        return percent(self.used_bytes, self.size_bytes)


@dataclass(frozen=True)
class Load:
    """The machine at one moment. `busy_s` and `total_s`: processor time of all its cores since it started."""

    busy_s: float
    total_s: float
    ram: Filled
    disk: Filled | None
    processes: Sequence[Process] = ()


class Machine(Protocol):
    """Where loads come from: this machine, or a fake in a test. Processes only where they are asked for."""

    def __call__(self, *, processes: bool) -> Load: ...


def this_machine(*, processes: bool) -> Load:
    """This machine's load, as its kernel has it; the disk is that of the root folder."""
    times, memory = psutil.cpu_times(), psutil.virtual_memory()
    total_s = float(sum(times)) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)  # counted as user
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    return Load(
        busy_s=total_s - idle_s, total_s=total_s, ram=Filled(memory.total - memory.available, memory.total),
        disk=_disk(), processes=list(_processes()) if processes else ())


def _disk() -> Filled | None:
    """What is used of the room that is open to everyone, as `df` tells it."""
    with suppress(OSError):
        disk = psutil.disk_usage(Path.cwd().anchor)
        return Filled(disk.used, disk.used + disk.free)
    return None


def _processes() -> Iterable[Process]:
    for process in psutil.process_iter(["name", "cpu_times", "memory_info", "create_time"]):
        times, memory = process.info["cpu_times"], process.info["memory_info"]
        if times and memory:  # None where they may not be read
            yield Process(
                process.pid, process.info["create_time"], process.info["name"] or "", times.user + times.system,
                memory.rss)


@dataclass
class Gauge:
    """Turns loads into readings. The first load only sets where it starts.

    `services` maps a service to the names of its processes; without any the whole machine is read as WHOLE. A
    process that ended between two loads takes its last moments with it; one that began counts from its beginning.
    """

    services: Mapping[str, Sequence[str]]
    log: Log
    last: Load | None = None
    missing: set[str] = field(default_factory=set)

    def read(self, load: Load) -> list[Reading]:
        """What was used since the last load."""
        before, self.last = self.last, load
        if before is None:
            return []
        elapsed_s = load.total_s - before.total_s
        if not self.services:
            cpu = percent(load.busy_s - before.busy_s, elapsed_s)
            return [Reading(WHOLE, cpu, load.ram.percent, load.disk.percent if load.disk else None)]
        used = {(process.pid, process.began_s): process.cpu_s for process in before.processes}
        return [self._service(name, load, used, elapsed_s) for name in self.services]

    def _service(self, name: str, load: Load, used: Mapping[tuple[int, float], float], elapsed_s: float) -> Reading:
        ours = [process for process in load.processes if process.name in self.services[name]]
        self._tell_of(name, is_missing=not ours)
        grown_s = sum(process.cpu_s - used.get((process.pid, process.began_s), 0.0) for process in ours)
        resident = sum(process.ram_bytes for process in ours)
        return Reading(name, percent(grown_s, elapsed_s), percent(resident, load.ram.size_bytes), None)

    def _tell_of(self, name: str, *, is_missing: bool) -> None:
        """Say once that no process of a service runs: it is at 0 %, or its name is misspelt."""
        if is_missing and name not in self.missing:
            self.log.warning("no process runs under these names", service=name, names=list(self.services[name]))
        (self.missing.add if is_missing else self.missing.discard)(name)

