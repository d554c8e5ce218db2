"""The task that reads a file's records again. Runs in Spark's workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.decode import decode
from metering.arrow.packed import packed, unpacked
from metering.arrow.partial import window_starts
from metering.arrow.schemas import MESSAGES, event_schema
from metering.domain.rollup import HOUR_S
from metering.domain.stream import Stream, TimeRules

SCHEMA_DDL = "rows binary"
_SCHEMA = pa.schema([("rows", pa.binary())])

WIDEST_RULES = TimeRules(max_age_s=None, max_ahead_s=86_400)
"""No setting allows more. What was rejected by the settings of that time is a dead letter, and is left out as one: so
settings that changed since change nothing."""


@dataclass(frozen=True)
class Reread:
    """Called with messages, yields the accepted events of one event hour. `dead`: partition → the offsets of its dead
    letters, ascending; `hour` in epoch microseconds."""

    stream: Stream
    hour: int
    dead: Mapping[int, np.ndarray]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = self._accepted(batch.cast(MESSAGES))
            if rows.num_rows:
                yield pa.RecordBatch.from_pylist([{"rows": packed(rows)}], schema=_SCHEMA)

    def _accepted(self, messages: pa.RecordBatch) -> pa.Table:
        alive = messages.filter(pa.array(~self._is_dead(messages)))
        events = decode(self.stream, alive, WIDEST_RULES).accepted
        if not events.num_rows:
            return events
        hours = pc.cast(window_starts(events[self.stream.time_field.name], HOUR_S), pa.int64())
        return events.filter(pc.equal(hours, self.hour))

    def _is_dead(self, messages: pa.RecordBatch) -> np.ndarray:
        partitions, offsets = (messages[name].to_numpy() for name in ("partition", "offset"))
        dead = np.zeros(len(offsets), dtype=bool)
        for partition, letters in self.dead.items():
            dead |= (partitions == partition) & np.isin(offsets, letters)
        return dead


def events_of(stream: Stream, found: pa.Table) -> pa.Table:
    """The events of all tasks, by partition and offset."""
    tables = [unpacked(rows) for rows in found["rows"].to_pylist()]
    events = pa.concat_tables(tables) if tables else event_schema(stream).empty_table()
    return events.sort_by([("partition", "ascending"), ("offset", "ascending")])
