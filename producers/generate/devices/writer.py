"""Antenna events as bytes, and a row of facts for each."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from producers.generate.devices import cast
from producers.generate.facts import facts, schema_of

FACTS = schema_of(
    pa.field("id", pa.string()), pa.field("antenna_id", pa.string()), pa.field("app", pa.string()),
    pa.field("bytes", pa.int64()))

_EVENT = b'{"event_id":"%b","timestamp":%d.%03d,"id":"%b",%b%d}'
_VIA = [
    f'"antenna_id":"{antenna}","app":"{app}","bytes":'.encode()
    for antenna in cast.ANTENNAS.names for app in cast.APPS.names
]
_CONFLICT_BYTES = 1_000
"""A conflict claims 1 to as many bytes more than its event."""


@dataclass(frozen=True)
class Drawn:
    """The events of a chunk, column by column. `time_ms` is None in a live plan."""

    event_id: list[bytes]
    user: NDArray[np.intp]
    antenna: NDArray[np.intp]
    app: NDArray[np.intp]
    size: NDArray[np.int64]
    late_ms: NDArray[np.int64]
    time_ms: NDArray[np.int64] | None


class Writer:
    """Writes the events of a chunk; see messages.py for what it must do."""

    def __init__(self, users: cast.Shares, drawn: Drawn) -> None:
        self._users, self._drawn = users, drawn
        via = drawn.antenna * len(cast.APPS.names) + drawn.app
        self.keys = [users.keys[index] for index in drawn.user.tolist()]
        self.place_ms = drawn.time_ms
        self.contested = drawn.size
        self._via = [_VIA[index] for index in via.tolist()]
        self._sizes = drawn.size.tolist()
        self._time_ms = np.zeros(len(via), dtype=np.int64)
        self.made: list[bytes] = [b""] * len(via)

    def write(self, events: NDArray[np.intp], place_ms: NDArray[np.int64] | int) -> None:
        times = place_ms - self._drawn.late_ms[events]
        self._time_ms[events] = times
        ids, keys, via, sizes, made = self._drawn.event_id, self.keys, self._via, self._sizes, self.made
        for index, second, millisecond in zip(
            events.tolist(), (times // 1000).tolist(), (times % 1000).tolist(), strict=True
        ):
            made[index] = _EVENT % (ids[index], second, millisecond, keys[index], via[index], sizes[index])

    def contradict(self, event: int, lot: float) -> tuple[bytes, int]:
        fields = json.loads(self.made[event])
        fields["bytes"] += 1 + int(lot * _CONFLICT_BYTES)
        return json.dumps(fields, separators=(",", ":")).encode(), fields["bytes"]

    def facts(
        self, source: NDArray[np.intp], kind: NDArray[np.int8], contested: NDArray[np.int64],
        reasons: list[str | None],
    ) -> pa.Table:
        drawn = self._drawn
        return facts(
            FACTS, kind, reasons, [drawn.event_id[index] for index in source.tolist()], self._time_ms[source],
            id=self._users.texts(drawn.user[source]),
            antenna_id=cast.ANTENNAS.texts(drawn.antenna[source]),
            app=cast.APPS.texts(drawn.app[source]),
            bytes=pa.array(contested, pa.int64()))
