"""Topic and partition as one number, there and back, and blocks of many batches."""

from __future__ import annotations

import pyarrow as pa

from metering.arrow.placed import PLACED, by_partition, gathered
from metering.arrow.schemas import MESSAGES
from metering.domain.places import PARTITIONS


def rows(*places: int, value: bytes = b"{}") -> pa.RecordBatch:
    """A message a place; its offset is where it stands."""
    at = list(range(len(places)))
    return pa.RecordBatch.from_pydict(
        {"value": [value] * len(places), "place": list(places), "offset": at, "timestamp": at}, schema=PLACED)


def test_rows_come_back_by_topic_and_partition_in_their_order() -> None:
    parts = list(by_partition(rows(3, PARTITIONS + 7, 3), ["doors", "windows"]))

    assert [(topic, number, part["offset"].to_pylist()) for topic, number, part in parts] == [
        ("doors", 3, [0, 2]), ("windows", 7, [1])]
    assert all(part.schema == MESSAGES for _, _, part in parts)
    assert parts[1][2]["topic"].to_pylist() == ["windows"] and parts[1][2]["partition"].to_pylist() == [7]


def test_batches_are_gathered_up_to_a_block_and_none_is_lost() -> None:
    blocks = list(gathered([rows(1, 1), rows(2, 2, 2), rows(3)], 4))

    assert [block["place"].to_pylist() for block in blocks] == [[1, 1, 2, 2, 2], [3]]
    assert list(gathered([])) == []


def test_large_messages_make_a_block_full_sooner() -> None:
    blocks = list(gathered([rows(1, value=bytes(200)), rows(2), rows(3)], size=100))

    assert [block["place"].to_pylist() for block in blocks] == [[1], [2, 3]]
