"""Records read again are decided as they were then, whatever the settings are now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from batch_layer.repair.reread import Reread, events_of
from metering.arrow.decode import decode
from metering.arrow.schemas import MESSAGES
from metering.domain.stream import TimeRules
from metering.streams.devices import DEVICES

HOUR = datetime(2026, 11, 24, 13, tzinfo=UTC)
APPENDED = HOUR + timedelta(minutes=30)
HOUR_US = int(HOUR.timestamp()) * 1_000_000


def message(offset: int, minutes: float, partition: int = 0, **fields: object) -> dict[str, object]:
    event = {"id": "u", "antenna_id": "a", "app": "x", "bytes": offset, "timestamp": HOUR.timestamp() + 60 * minutes}
    return {"value": json.dumps(event | fields).encode(), "topic": DEVICES.topic, "partition": partition,
            "offset": offset, "timestamp": APPENDED}


def reread(messages: list[dict[str, object]], dead: dict[int, list[int]]) -> list[tuple[int, int]]:
    """(partition, offset) of the events that are read again."""
    letters = {partition: np.array(offsets, dtype=np.int64) for partition, offsets in dead.items()}
    batches = [pa.RecordBatch.from_pylist([one], schema=MESSAGES) for one in messages]
    batches.append(pa.RecordBatch.from_pylist(messages, schema=MESSAGES).slice(0, 0))
    found = list(Reread(DEVICES, HOUR_US, letters)(batches))
    events = events_of(DEVICES, pa.Table.from_batches(found, schema=pa.schema([("rows", pa.binary())])))
    return list(zip(events["partition"].to_pylist(), events["offset"].to_pylist(), strict=True))


def test_only_events_of_the_hour_are_kept_by_partition_and_offset() -> None:
    messages = [message(5, 59.9), message(6, 60), message(3, 0), message(4, -0.1), message(1, 7, partition=1)]

    assert reread(messages, {}) == [(0, 3), (0, 5), (1, 1)]


def test_what_was_rejected_then_stays_out_though_todays_rules_would_take_it() -> None:
    ahead = message(8, 36)
    then = decode(DEVICES, pa.RecordBatch.from_pylist([ahead], schema=MESSAGES), TimeRules(max_ahead_s=300))
    assert [letter.rejection.reason.name for letter in then.rejected] == ["FUTURE"]

    assert reread([message(7, 1), ahead], {0: [8], 1: [7]}) == [(0, 7)]


def test_what_was_accepted_then_comes_back_though_todays_rules_would_not_take_it() -> None:
    long_ago = message(7, 10) | {"timestamp": HOUR + timedelta(days=400)}
    far_ahead = message(8, 30) | {"timestamp": HOUR - timedelta(hours=20)}

    assert reread([long_ago, far_ahead], {}) == [(0, 7), (0, 8)]


def test_rubbish_and_tombstones_are_no_events() -> None:
    rubbish = message(7, 1) | {"value": b"{"}
    tombstone = message(8, 1) | {"value": None}

    assert reread([rubbish, tombstone, message(9, 1)], {0: [7, 8]}) == [(0, 9)]


def test_nothing_read_gives_no_events() -> None:
    assert reread([message(5, 70)], {}) == []
