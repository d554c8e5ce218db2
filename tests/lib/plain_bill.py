"""Bills by Python's decimal from the archive's raw files, for comparison: no line of the product's rating is used.

A tariff is the table of its TOML file as tomllib reads it. A quantity below 0 is priced as the first units are, without
any fee; a package gives nothing back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = Mapping[str, Any]
Hours = dict[datetime, Decimal]
Tariff = Mapping[str, Any]

_MODES = {"half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "down": ROUND_DOWN, "up": ROUND_UP}


def raw_rows(archive: Path, topic: str) -> Iterator[Row]:
    """Every row of the stream's files, copies and superseded files included."""
    for file in sorted((archive / topic).rglob("*.parquet")):
        yield from pq.ParquetFile(file).read().to_pylist()


def counted_once(rows: Iterable[Row]) -> list[Row]:
    """The first of each identity: event hour and event_id, or the place in Kafka where there is no event_id."""
    first: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: (row["ingest_time"], row["partition"], row["offset"])):
        place = (row["partition"], row["offset"])
        first.setdefault((hour_of(row), row["event_id"]) if row["event_id"] else place, row)
    return list(first.values())


def hour_of(row: Row) -> datetime:
    return row["timestamp"].astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hours_by(rows: Iterable[Row], customer: str, value: str) -> dict[str, Hours]:
    """The sums of a column by another one and hour."""
    sums: dict[str, Hours] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        sums[row[customer]][hour_of(row)] += Decimal(row[value])
    return sums


def bill(tariff: Tariff, hours: Hours) -> Decimal:
    """What a customer pays for the hours of one period."""
    with localcontext(Context(prec=60)):
        fee = Decimal(tariff["price"].get("fee", "0"))
        rounding = {"decimals": 2, "mode": "half_even", "at": "line"} | tariff.get("rounding", {})
        if rounding["at"] == "line":
            return _rounded(fee + _price(tariff, sum(hours.values())), rounding)
        total, so_far = _rounded(fee, rounding), Decimal(0)
        for hour in sorted(hours):
            total += _rounded(_price(tariff, so_far + hours[hour]) - _price(tariff, so_far), rounding)
            so_far += hours[hour]
        return total


def _rounded(amount: Decimal, rounding: Mapping[str, Any]) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-rounding["decimals"]), _MODES[rounding["mode"]])


def _price(tariff: Tariff, quantity: Decimal) -> Decimal:
    """The price of a period's quantity without the fee."""
    units, price = quantity / Decimal(tariff.get("unit", "1")), tariff["price"]
    model = price["model"]
    if model == "flat" or not units:
        return Decimal(0)
    if model == "per_unit":
        return units * Decimal(price["price"])
    if model == "package":
        return max(Decimal(0), units - Decimal(price["allowance"])) * Decimal(price["price"])
    tiers = [(Decimal(tier.get("up_to", "Infinity")), Decimal(tier["price"]), Decimal(tier.get("fee", "0")))
             for tier in price["tiers"]]
    if units < 0:
        return units * tiers[0][1]
    if model == "volume":
        each, fee = next((each, fee) for ends, each, fee in tiers if units <= ends)
        return units * each + fee
    amount, begins = Decimal(0), Decimal(0)
    for ends, each, fee in tiers:
        if units > begins:
            amount += (min(units, ends) - begins) * each + fee
        begins = ends
    return amount
