"""What services used: percents of processor, memory and disk, summed by service and by bar, with their peaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from psycopg2 import sql

from metering.streams.machines import PERCENT_DECIMALS, RESOURCE_USAGE, SERVICE_MINUTE
from serving.queries.buckets import Buckets
from serving.queries.dimensions import Finality, correction_types, finality, least_certain
from serving.queries.snapshot import ask, composed, stream, whole

TOPIC = RESOURCE_USAGE.topic
PAGE_ROWS = 50
MEASURES = ("cpu", "ram", "disk")

_BY_READING = {
    order: f"{expression}{falling} NULLS LAST, {{tie}}"
    for name in MEASURES
    for key, expression in ((name, f"{name} / nullif({name}_known, 0)"), (f"{name}-peak", f"max_{name}"))
    for order, falling in ((key, ""), (f"-{key}", " DESC"))}


def _orders(tie: str) -> dict[str, str]:
    by_reading = {order: text.format(tie=tie) for order, text in _BY_READING.items()}
    return by_reading | {"messages": f"msg_num, {tie}", "-messages": f"msg_num DESC, {tie}"}


TOTAL_ORDERS = {"service": "service", "-service": "service DESC"} | _orders("service")
ROW_ORDERS = {
    "time": "bucket, service", "-time": "bucket DESC, service",
    "service": "service, bucket", "-service": "service DESC, bucket"} | _orders("bucket, service")


@dataclass(frozen=True)
class ServiceSelection:
    """The cut range, and of which services (empty: of all)."""

    buckets: Buckets
    services: tuple[str, ...] = ()

    def parameters(self, **more: object) -> dict[str, object]:
        hours_start, hours_end = self.buckets.hours
        return {
            "topic": TOPIC, "types": correction_types(SERVICE_MINUTE),
            "start": self.buckets.start, "end": self.buckets.end, "hours_start": hours_start, "hours_end": hours_end,
            "services": list(self.services) or None, "edges": list(self.buckets.edges), **more,
        }


@dataclass(frozen=True)
class Reading:
    """Percents of one kind. Where nothing is known all of it is None, which is not zero.

    `peak_time`: the earliest sample's with the peak, UTC; `peak_service`: whose it is, where several are summed.
    """

    total: Decimal | None
    known: int
    peak: Decimal | None
    peak_time: datetime | None
    peak_service: str = ""

    @property
    def average(self) -> Decimal | None:
        """Sum / known samples, rounded half up to the digits that a sample has."""
        if self.total is None or not self.known:
            return None
        return (self.total / self.known).quantize(Decimal(1).scaleb(-PERCENT_DECIMALS), ROUND_HALF_UP)


@dataclass(frozen=True)
class ServiceUse:
    """The readings of one service, or of several together (`service` empty), in a bar or in the whole range.

    `bucket` counts from 1; 0: the whole range.
    """

    service: str
    bucket: int
    cpu: Reading
    ram: Reading
    disk: Reading
    messages: int
    finality: Finality

    @property
    def readings(self) -> dict[str, Reading]:
        return {"cpu": self.cpu, "ram": self.ram, "disk": self.disk}


def service_totals(
    selection: ServiceSelection, sort: str = "service", page: int = 1, size: int = PAGE_ROWS
) -> tuple[list[ServiceUse], int]:
    """Page `page` (from 1) of the services with their sums, ordered by a key of TOTAL_ORDERS, and how many."""
    return _page(ask(_totals(sort), selection.parameters(limit=size, offset=(page - 1) * size), _use))


def every_service_total(selection: ServiceSelection, sort: str = "service") -> Iterator[ServiceUse]:
    """All pages of `service_totals`, streamed."""
    rows = stream(_totals(sort), selection.parameters(limit=None, offset=0), _use)
    return (use for use, _ in rows)


def service_rows(
    selection: ServiceSelection, sort: str = "time", page: int = 1, size: int = PAGE_ROWS
) -> tuple[list[ServiceUse], int]:
    """Page `page` of the sums by bar and service, ordered by a key of ROW_ORDERS, and how many there are."""
    return _page(ask(_rows(sort), selection.parameters(limit=size, offset=(page - 1) * size), _use))


def every_service_row(selection: ServiceSelection, sort: str = "time") -> Iterator[ServiceUse]:
    """All pages of `service_rows`, streamed."""
    rows = stream(_rows(sort), selection.parameters(limit=None, offset=0), _use)
    return (use for use, _ in rows)


def service_series(selection: ServiceSelection) -> list[ServiceUse]:
    """The sums by bar of all services asked for together; a bar without samples is absent."""
    return [use for use, _ in ask(composed("service_series", **_parts()), selection.parameters(), _use)]


def together(uses: Sequence[ServiceUse]) -> ServiceUse | None:
    """Several bars as one; None of none."""
    if not uses:
        return None
    cpu, ram, disk = (_joined(use.readings[name] for use in uses) for name in MEASURES)
    return ServiceUse(
        "", 0, cpu, ram, disk, sum(use.messages for use in uses), least_certain(use.finality for use in uses))


def _joined(readings: Iterable[Reading]) -> Reading:
    known = [reading for reading in readings if reading.known]
    if not known:
        return Reading(None, 0, None, None)
    highest = min(known, key=_by_peak)
    return Reading(
        sum((reading.total or Decimal(0) for reading in known), Decimal(0)), sum(reading.known for reading in known),
        highest.peak, highest.peak_time, highest.peak_service)


def _by_peak(reading: Reading) -> tuple[bool, Decimal, datetime]:
    """The highest peak first, the earliest of equal ones; last what has none."""
    if reading.peak is None or reading.peak_time is None:
        return True, Decimal(0), datetime.max.replace(tzinfo=UTC)
    return False, -reading.peak, reading.peak_time


def _page(rows: Sequence[tuple[ServiceUse, int]]) -> tuple[list[ServiceUse], int]:
    return [use for use, _ in rows], rows[0][1] if rows else 0


def _use(service: str = "", bucket: int = 0, rows: int = 0, **columns: Any) -> tuple[ServiceUse, int]:
    cpu, ram, disk = (_reading(name, columns) for name in MEASURES)
    mark = finality(columns["provisional"], columns["corrected"])
    return ServiceUse(service, bucket, cpu, ram, disk, whole(columns["msg_num"]), mark), rows


def _reading(name: str, columns: dict[str, Any]) -> Reading:
    known = whole(columns[f"{name}_known"])
    return Reading(
        columns[name] if known else None, known, columns[f"max_{name}"], columns[f"max_{name}_time"],
        columns.get(f"max_{name}_service", ""))


@cache
def _parts() -> dict[str, sql.Composed]:
    return {"marked": composed("service_marked"), "sums": composed("service_sums")}


def _totals(sort: str) -> sql.Composed:
    return composed("service_totals", order=sql.SQL(TOTAL_ORDERS[sort]), **_parts())


def _rows(sort: str) -> sql.Composed:
    return composed("service_rows", order=sql.SQL(ROW_ORDERS[sort]), **_parts())
