"""Exact totals of acknowledged charges, in plain Python decimals: nothing of the kernel's sums is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from producers.generate.distinct import count, iso

_CONTENT = ("timestamp", "company", "currency", "cost")
_SECONDS = {"hours": 3600, "windows": 5}
_NOTHING = Decimal("0.000000")

Charge = tuple[datetime, str, str, Decimal]
Groups = dict[str, dict[str, dict[str, dict[str, Any]]]]


def totals(acknowledged: pa.Table) -> dict[str, Any]:
    """Totals of rows in the form of acknowledged.parquet.

    `hours` and `windows` (5 s) hold, by their start in UTC, by company and currency, the cost and the count of
    distinct events; `cost` the sum of each currency. Costs are texts with six decimals. The rest is that of `count`.
    """
    first, counts = count(acknowledged, _CONTENT)
    charges: list[Charge] = list(zip(*(first[name].to_pylist() for name in _CONTENT), strict=True))
    return {
        **counts, "cost": _by_currency(charges),
        **{name: _by_window(charges, seconds) for name, seconds in _SECONDS.items()}}


def _by_currency(charges: Iterable[Charge]) -> dict[str, str]:
    sums: defaultdict[str, Decimal] = defaultdict(lambda: _NOTHING)
    for _, _, currency, cost in charges:
        sums[currency] += cost
    return {currency: str(total) for currency, total in sorted(sums.items())}


def _by_window(charges: Iterable[Charge], seconds: int) -> Groups:
    """Window's start → company → currency → cost, events."""
    sums: dict[tuple[int, str, str], tuple[Decimal, int]] = {}
    for moment, company, currency, cost in charges:
        second = int(moment.timestamp()) // seconds * seconds
        total, events = sums.get((second, company, currency), (_NOTHING, 0))
        sums[second, company, currency] = total + cost, events + 1
    found: Groups = {}
    for (second, company, currency), (total, events) in sorted(sums.items()):
        of_window = found.setdefault(iso(datetime.fromtimestamp(second, UTC)), {})
        of_window.setdefault(company, {})[currency] = {"cost": str(total), "events": events}
    return found
