"""The slice's task, run here on Arrow batches as Spark would hand them over, and the balance of what it found."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from metering.arrow.partial import merge_partials
from metering.arrow.placed import PLACED
from metering.domain.errors import Damaged
from metering.domain.spans import spans_of
from metering.domain.stream import TimeRules
from metering.streams import DEVICES
from speed_layer.balance import check_balance
from speed_layer.examine import Examination
from speed_layer.findings import Findings, from_table
from tests.spec.engines import Message, batch_of

NOW_S = 1_763_900_000 // 3600 * 3600 + 600


def event(number: int, at_s: float = NOW_S, **fields: object) -> bytes:
    good = {"timestamp": at_s, "id": f"u{number % 3}", "antenna_id": "a", "app": "X", "bytes": number,
            "event_id": f"e{number}"}
    return json.dumps(good | fields).encode()


def examined(folder: Path, messages: list[Message]) -> Findings:
    batches = [placed(messages[:3]), placed(messages[3:])]
    rows = Examination({"devices": DEVICES}, TimeRules(), str(folder))(batches)
    return from_table(pa.Table.from_batches(list(rows)))["devices"]


def placed(messages: list[Message]) -> pa.RecordBatch:
    """As Spark hands them over, when `devices` is the only topic."""
    rows = batch_of(DEVICES, messages)
    return pa.RecordBatch.from_arrays(
        [rows["value"], rows["partition"], rows["offset"], rows["timestamp"]], schema=PLACED)


@pytest.fixture
def messages() -> list[Message]:
    raws = [event(1), b"junk", event(2, NOW_S - 3600), event(3), None, event(4), event(5, bytes=-1)]
    return [Message(raw, NOW_S * 10**6, partition=2, offset=40 + at) for at, raw in enumerate(raws)]


def test_every_record_lands_in_a_file_or_among_the_rejected(tmp_path: Path, messages: list[Message]) -> None:
    found = examined(tmp_path, messages)

    assert [(file.rows, file.first_offset, file.last_offset) for file in found.files] == [(1, 42, 42), (3, 40, 45)]
    assert [letter.position.offset for letter in found.rejected] == [41, 44, 46]
    (span,) = spans_of(found.runs)
    assert (span.partition, span.first, span.last, span.rows) == (2, 40, 46, 7)


def test_a_file_holds_what_the_manifest_says(tmp_path: Path, messages: list[Message]) -> None:
    file = examined(tmp_path, messages).files[1]

    table = pq.read_table(tmp_path / file.path, partitioning=None)
    assert file.path.startswith("devices/year=2025/month=11/day=23/hour=")
    assert table.num_rows == file.rows and (tmp_path / file.path).stat().st_size == file.size
    assert table.column_names == [
        "timestamp", "id", "antenna_id", "app", "bytes", "event_id", "topic", "partition", "offset", "ingest_time"]
    assert table["offset"].to_pylist() == [40, 43, 45]
    assert not list(tmp_path.rglob("*.part"))


def test_the_balance_holds_and_notices_a_lost_row_and_a_lost_byte(tmp_path: Path, messages: list[Message]) -> None:
    found = examined(tmp_path, messages)
    sums = {"bytes": merge_partials(DEVICES.rollup("bytes"), found.partials["bytes"])}
    spans = spans_of(found.runs)

    check_balance(DEVICES, found, spans, sums)

    with pytest.raises(Damaged, match="7 records seen, 6 kept"):
        check_balance(DEVICES, Findings("devices", files=found.files, rejected=found.rejected[1:]), spans, sums)
    users_short = sums["bytes"].filter(pc.not_equal(sums["bytes"]["id"], "u1"))
    with pytest.raises(Damaged, match="user_total_bytes add up to"):
        check_balance(DEVICES, found, spans, {"bytes": users_short})


def test_a_task_that_fails_leaves_no_file(tmp_path: Path, messages: list[Message]) -> None:
    def batches():  # type: ignore[no-untyped-def]
        yield placed(messages)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(Examination({"devices": DEVICES}, TimeRules(), str(tmp_path), block_rows=1)(batches()))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
