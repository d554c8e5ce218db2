"""Charges as bytes, and a row of facts for each. Costs are whole millionths until they are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from producers.generate.billing.companies import currency_of
from producers.generate.devices.cast import Shares
from producers.generate.facts import facts, schema_of

_COST = pa.decimal128(18, 6)
FACTS = schema_of(
    pa.field("company", pa.string()), pa.field("currency", pa.string()), pa.field("cost", _COST))

_EVENT = b'{"event_id":"%b","timestamp":%d.%03d,%b"cost":%b}'
_CONFLICT_MILLIONTHS = 50_000_000
"""A conflict claims at most so much more than its event."""


def spelt(millionths: int, *, as_text: bool) -> bytes:
    """A cost as JSON, with all six decimals.

    >>> spelt(-12_500_001, as_text=True)
    b'"-12.500001"'
    """
    whole, part = divmod(abs(millionths), 10**6)
    number = b"%b%d.%06d" % (b"-" if millionths < 0 else b"", whole, part)
    return b'"%b"' % number if as_text else number


@dataclass(frozen=True)
class Drawn:
    """The charges of a chunk, column by column. `named`: whether euros are named. `time_ms` is None in a live plan."""

    event_id: list[bytes]
    company: NDArray[np.intp]
    cost: NDArray[np.int64]
    as_text: NDArray[np.bool_]
    named: NDArray[np.bool_]
    late_ms: NDArray[np.int64]
    time_ms: NDArray[np.int64] | None


class Writer:
    """Writes the charges of a chunk; see messages.py for what it must do. Conflicts contest the cost."""

    def __init__(self, companies: Shares, drawn: Drawn) -> None:
        self._companies, self._drawn = companies, drawn
        who = drawn.company.tolist()
        self.keys = [companies.keys[index] for index in who]
        self.place_ms = drawn.time_ms
        self.contested = drawn.cost
        self._time_ms = np.zeros(len(who), dtype=np.int64)
        self.made: list[bytes] = [b""] * len(who)

    def write(self, events: NDArray[np.intp], place_ms: NDArray[np.int64] | int) -> None:
        times = place_ms - self._drawn.late_ms[events]
        self._time_ms[events] = times
        for index, second, millisecond in zip(
            events.tolist(), (times // 1000).tolist(), (times % 1000).tolist(), strict=True
        ):
            self.made[index] = self._event(index, second, millisecond, int(self._drawn.cost[index]))

    def _event(self, index: int, second: int, millisecond: int, cost: int) -> bytes:
        drawn = self._drawn
        currency = currency_of(int(drawn.company[index]))
        begins = b'"company":"%b",' % self.keys[index]
        if drawn.named[index] or currency != "EUR":
            begins += b'"currency":"%b",' % currency.encode()
        return _EVENT % (
            drawn.event_id[index], second, millisecond, begins, spelt(cost, as_text=bool(drawn.as_text[index])))

    def contradict(self, event: int, lot: float) -> tuple[bytes, int]:
        other = int(self.contested[event]) + 1 + int(lot * _CONFLICT_MILLIONTHS)
        second, millisecond = divmod(int(self._time_ms[event]), 1000)
        return self._event(event, second, millisecond, other), other

    def facts(
        self, source: NDArray[np.intp], kind: NDArray[np.int8], contested: NDArray[np.int64],
        reasons: list[str | None],
    ) -> pa.Table:
        company = self._drawn.company[source]
        return facts(
            FACTS, kind, reasons, [self._drawn.event_id[index] for index in source.tolist()], self._time_ms[source],
            company=self._companies.texts(company),
            currency=pa.array([currency_of(index) for index in company.tolist()], pa.string()),
            cost=pa.array([Decimal(cost).scaleb(-6) for cost in contested.tolist()], _COST))
