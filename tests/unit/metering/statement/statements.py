"""A statement of one line, made up by hand: two hours of 1,000 B and 4,000 B at 0.02 a kB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from metering.domain.billing.tariffs import version_of
from metering.statement.document import (
    ArchiveContent,
    ArchiveHour,
    BilledHour,
    BilledInvoice,
    BilledLine,
    BilledTariff,
    KnownFile,
    Statement,
)
from metering.streams.devices import DEVICES
from tests.lib.archiving import events

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
HOURS = (datetime(2026, 3, 5, 10, tzinfo=UTC), datetime(2026, 3, 5, 11, tzinfo=UTC))


def tariff(since: str = "2026-01-01", price: str = "0.02") -> BilledTariff:
    version = version_of({
        "name": "mobile", "valid_from": f"{since}T00:00:00Z", "subject": "user_bytes", "currency": "EUR",
        "unit": "1000", "price": {"model": "per_unit", "price": price}})
    return BilledTariff(version.name, version.valid_from, version.sha256, version.spec)


LINE = BilledLine(
    "mobile", datetime(2026, 1, 1, tzinfo=UTC), *MARCH, "user_bytes", "EUR", Decimal(5000), Decimal(0), Decimal(0),
    Decimal("0.10"), False,
    (BilledHour(HOURS[0], Decimal(1000), Decimal("0.02"), 1), BilledHour(HOURS[1], Decimal(4000), Decimal("0.08"), 1)))


def statement(**changes: Any) -> Statement:
    made = Statement("acme", *MARCH, "", datetime(2026, 4, 2, 9, 30, tzinfo=UTC), (LINE,), (tariff(),), ())
    return replace(made, **changes)


def invoice(number: str, kind: str, total: str) -> BilledInvoice:
    return BilledInvoice(number, kind, *MARCH, "EUR", Decimal(total))


CONTENT = ArchiveContent({"devices": ["bytes", "id"]}, tuple(
    ArchiveHour("devices", hour, 1, "0" * 64, {0: number}, (KnownFile("devices/a.parquet", 1, "f" * 64),))
    for number, hour in enumerate(HOURS)))


def sent(*sizes: int) -> pa.Table:
    """An event of acme in each of the hours, of so many bytes."""
    times = [int(hour.timestamp()) * 1_000_000 for hour, _ in zip(HOURS, sizes, strict=True)]
    return events(DEVICES, {
        "timestamp": pa.array(times, pa.timestamp("us", tz="UTC")), "id": pa.array(["acme"] * len(sizes)),
        "antenna_id": pa.array(["a"] * len(sizes)), "app": pa.array(["web"] * len(sizes)),
        "bytes": pa.array(sizes, pa.int64())})
