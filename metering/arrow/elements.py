"""What the windows of a stream's panes are fed: a row an archived event."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from metering.arrow.partial import window_starts
from metering.domain.stream import EVENT_ID, Stream


def elements_of(stream: Stream, rows: Sequence[pa.Table]) -> pa.Table | None:
    """Archived rows as elements, with their window, identity and place in Kafka; None where the stream has no panes.

    Columns: those of the rollup's one cut, window_start, value, event_time, ingest_time, event_id, partition, offset.
    """
    arrived = [table for table in rows if table.num_rows]
    if stream.panes is None or not arrived:
        return None
    events = pa.concat_tables(arrived)
    rollup = stream.rollup(stream.panes.rollup)
    value = next(iter(stream.pane_types.values()))
    time = events[stream.time_field.name]
    return pa.table({
        **{column: events[name] for column, name in rollup.cuts[0].takes.items()},
        "window_start": _plain(window_starts(time, rollup.window_s)),
        "value": events[str(value.of)],
        "event_time": _plain(time),
        "ingest_time": _plain(events["ingest_time"]),
        **{name: events[name] for name in (EVENT_ID, "partition", "offset")},
    })


def _plain(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without their zone, which is the session's: to spell it out takes 25 times as long."""
    return times.cast(pa.timestamp("us"))
