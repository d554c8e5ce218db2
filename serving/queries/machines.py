"""What machines used: by hour, in all, and when each was last heard of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from metering.domain.stream import IDENTIFIER
from metering.domain.tariff import HourUse
from metering.streams.machines import MACHINE_MINUTE, RESOURCE_USAGE
from serving.queries.dimensions import Finality, correction_types, finality, least_certain
from serving.queries.snapshot import ask, composed, statement, stream, whole
from serving.ranges import TimeRange

TOPIC = RESOURCE_USAGE.topic
PAGE_MACHINES = 50
_SUMS = ("cpu_percent_s", "ram_percent_s", "cpu", "ram")
RECENT = timedelta(days=28)
"""How long a machine that fell silent stays in the list."""

ORDERS = {
    "id": "machine_id", "-id": "machine_id DESC",
    "-last": "last_minute DESC, machine_id", "last": "last_minute, machine_id",
}


class UnknownMachine(LookupError):
    """No sample ever came from a machine of this id."""

    def __init__(self, machine: str) -> None:
        self.machine = machine
        super().__init__(machine)


@dataclass(frozen=True)
class MachineUse:
    """Sums of a machine. `sampled_s`: the seconds that its samples with a known cpu stand for."""

    machine: str
    use: HourUse
    sampled_s: int
    samples: int
    finality: Finality


@dataclass(frozen=True)
class MachineHour(MachineUse):
    """The sums of the hour that starts at `hour`, UTC."""

    hour: datetime


@dataclass(frozen=True)
class Seen:
    """A machine and the start of the minute of its last sample, UTC."""

    machine: str
    last_minute: datetime


@dataclass(frozen=True)
class Reach:
    """The first and the last hour in which a machine sent samples, UTC."""

    first_hour: datetime
    last_hour: datetime


def machine_hours(chosen: TimeRange, *machines: str) -> list[MachineHour]:
    """The hours of these machines that start in the range, by machine and time. Hours without samples are absent."""
    return ask(statement("machine_hours"), _in(chosen) | {"machines": list(machines)}, _hour)


def machine_totals(chosen: TimeRange, page: int, size: int) -> tuple[list[MachineUse], int]:
    """Page `page` (from 1) of the machines with the sums of their hours that start in the range, and how many."""
    parameters = _in(chosen) | {"limit": size, "offset": (page - 1) * size}
    return _page(ask(statement("machine_totals"), parameters, _total))


def every_machine_total(chosen: TimeRange) -> Iterator[MachineUse]:
    """All pages of `machine_totals`, streamed."""
    rows = stream(statement("machine_totals"), _in(chosen) | {"limit": None, "offset": 0}, _total)
    return (use for use, _ in rows)


def machines_seen(
    now: datetime, find: str = "", sort: str = "id", page: int = 1, size: int | None = PAGE_MACHINES
) -> tuple[list[Seen], int]:
    """Page `page` of the machines seen in RECENT whose id holds the text `find`, and how many there are in all.

    Ordered by a key of ORDERS; `size` None: all of them.
    """
    question = composed("machines", order=sql.SQL(ORDERS[sort]))
    parameters = {"since": now - RECENT, "find": find, "limit": size, "offset": (page - 1) * (size or 0)}
    return _page(ask(question, parameters, _seen))


def machine_reach(machine: str) -> Reach:
    """How far the samples of a machine reach. Raises UnknownMachine where it never sent any."""
    found = ask(statement("machine_reach"), {"machine": machine}, Reach)
    if not found:
        raise UnknownMachine(machine)
    return found[0]


def known_form(machine: str) -> str:
    """The id. Raises UnknownMachine where no machine can have it, so that no odd text reaches the database."""
    if not IDENTIFIER.fullmatch(machine):
        raise UnknownMachine(machine)
    return machine


def summed(hours: Iterable[MachineUse], machine: str = "") -> MachineUse:
    """Several hours as one; zeros where there is none."""
    each = list(hours)
    columns = {name: sum((getattr(one.use, name) for one in each), Decimal(0)) for name in _SUMS}
    return MachineUse(
        machine, HourUse(**columns), sum(one.sampled_s for one in each), sum(one.samples for one in each),
        least_certain(one.finality for one in each))


def _in(chosen: TimeRange) -> dict[str, Any]:
    return {
        "topic": TOPIC, "types": correction_types(MACHINE_MINUTE), "start": chosen.start, "end": chosen.end}


def _page(rows: Sequence[tuple[Any, int]]) -> tuple[list[Any], int]:
    return [row for row, _ in rows], rows[0][1] if rows else 0


def _hour(machine_id: str, hour: datetime, **columns: Any) -> MachineHour:
    return _used(MachineHour, machine_id, columns, hour=hour)


def _total(machine_id: str, rows: int, **columns: Any) -> tuple[MachineUse, int]:
    return _used(MachineUse, machine_id, columns), rows


def _used(kind: Callable[..., Any], machine: str, columns: dict[str, Any], **more: object) -> Any:
    return kind(
        machine=machine, use=HourUse(**{name: columns[name] for name in _SUMS}),
        sampled_s=whole(columns["sampled_s"]), samples=whole(columns["samples"]),
        finality=finality(columns["provisional"], columns["corrected"]), **more)


def _seen(machine_id: str, last_minute: datetime, rows: int) -> tuple[Seen, int]:
    return Seen(machine_id, last_minute), rows
