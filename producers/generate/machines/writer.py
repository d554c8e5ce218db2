"""Samples as bytes, and a row of facts for each. Percents are whole thousandths until they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from producers.generate.curve import weight
from producers.generate.facts import facts, schema_of
from producers.generate.machines.fleet import CPU, RAM, Level, Part

_PERCENT = pa.decimal128(9, 3)
FACTS = schema_of(
    pa.field("machine_id", pa.string()), pa.field("service", pa.string()), pa.field("cpu", _PERCENT),
    pa.field("ram", _PERCENT), pa.field("disk", _PERCENT), pa.field("interval_s", pa.int64()))

UNKNOWN = -1
HIGHEST = 100_000
_BUSIEST = 122.0
"""The greatest weight of curve.py."""

_EVENT = b'{"event_id":"%b","timestamp":%d.%03d,%b%b,"ram":%b,"disk":%b,"interval_s":%d}'


@cache
def _texts() -> list[bytes]:
    """The text of each percent by its thousandths, and `null` at UNKNOWN, the last place."""
    return [b"%d.%03d" % divmod(thousandths, 1000) for thousandths in range(HIGHEST + 1)] + [b"null"]


@dataclass(frozen=True)
class Drawn:
    """The samples of a chunk, column by column; `part` is an index into the fleet's parts.

    `cpu` and `ram` are how far each strays from its level, -1 to 1, since the level depends on the time; where
    `known` is false both are unknown. `time_ms` is None in a live plan.
    """

    event_id: list[bytes]
    part: NDArray[np.intp]
    cpu: NDArray[np.float64]
    ram: NDArray[np.float64]
    known: NDArray[np.bool_]
    disk: NDArray[np.int64]
    late_ms: NDArray[np.int64]
    time_ms: NDArray[np.int64] | None


class Writer:
    """Writes the samples of a chunk; see messages.py for what it must do. Conflicts contest the cpu."""

    def __init__(self, parts: Sequence[Part], interval_s: int, drawn: Drawn) -> None:
        self._parts, self._interval_s, self._drawn = parts, interval_s, drawn
        who = drawn.part.tolist()
        keys = [part.machine_id.encode() for part in parts]
        begins = [f'"machine_id":"{part.machine_id}","service":"{part.service}","cpu":'.encode() for part in parts]
        self.keys = [keys[index] for index in who]
        self.place_ms = drawn.time_ms
        self._begins = [begins[index] for index in who]
        self._time_ms = np.zeros(len(who), dtype=np.int64)
        self.contested = np.full(len(who), UNKNOWN, dtype=np.int64)
        self._ram = np.full(len(who), UNKNOWN, dtype=np.int64)
        self.made: list[bytes] = [b""] * len(who)

    def write(self, events: NDArray[np.intp], place_ms: NDArray[np.int64] | int) -> None:
        drawn, texts = self._drawn, _texts()
        times = place_ms - drawn.late_ms[events]
        self._time_ms[events] = times
        self.contested[events] = self._thousandths(CPU, drawn.cpu[events], events, times)
        self._ram[events] = self._thousandths(RAM, drawn.ram[events], events, times)
        for index, second, millisecond, cpu, ram, disk in zip(
            events.tolist(), (times // 1000).tolist(), (times % 1000).tolist(), self.contested[events].tolist(),
            self._ram[events].tolist(), drawn.disk[events].tolist(), strict=True
        ):
            self.made[index] = _EVENT % (
                drawn.event_id[index], second, millisecond, self._begins[index], texts[cpu], texts[ram], texts[disk],
                self._interval_s)

    def _thousandths(
        self, levels: dict[str, Level], stray: NDArray[np.float64], events: NDArray[np.intp],
        time_ms: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Readings at these times: high by day, low by night."""
        part = self._drawn.part[events]
        night, day, width = (
            np.array([getattr(levels[one.service], name) for one in self._parts])[part]
            for name in ("night", "day", "stray"))
        reading = night + day * weight(time_ms.astype(np.float64)) / _BUSIEST + width * stray
        whole = np.clip(np.rint(reading), 0, HIGHEST).astype(np.int64)
        return np.where(self._drawn.known[events], whole, UNKNOWN)

    def contradict(self, event: int, lot: float) -> tuple[bytes, int]:
        own, texts = int(self.contested[event]), _texts()
        other = (own + 1 + int(lot * HIGHEST)) % (HIGHEST + 1)
        return self.made[event].replace(b'"cpu":%b,' % texts[own], b'"cpu":%b,' % texts[other]), other

    def facts(
        self, source: NDArray[np.intp], kind: NDArray[np.int8], contested: NDArray[np.int64],
        reasons: list[str | None],
    ) -> pa.Table:
        drawn = self._drawn
        part = pa.array(drawn.part[source])
        return facts(
            FACTS, kind, reasons, [drawn.event_id[index] for index in source.tolist()], self._time_ms[source],
            machine_id=pa.array([one.machine_id for one in self._parts]).take(part),
            service=pa.array([one.service for one in self._parts]).take(part),
            cpu=_percents(contested),
            ram=_percents(self._ram[source]),
            disk=_percents(drawn.disk[source]),
            interval_s=pa.array(np.full(len(source), self._interval_s, dtype=np.int64)))


def _percents(thousandths: NDArray[np.int64]) -> pa.Array:
    """Exact percents; null where unknown."""
    whole = pa.array(thousandths, mask=thousandths == UNKNOWN).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.001"))).cast(_PERCENT)
