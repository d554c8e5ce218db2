"""The checker's reader of listed files: rows as written, and every way in which a file is not as it was listed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.lib.archive_reader import ListedFile, read_acknowledged, read_archive
from tests.lib.evidence import Acknowledged, Row
from tests.lib.message_rules import HOUR_US
from tests.lib.streams_told import TOLD
from tests.lib.streams_told.devices import DEVICES

EVENT = datetime(2021, 2, 19, 21, 0, 1, 500_000, UTC)
HOUR_START_US = int(EVENT.timestamp()) // 3600 * HOUR_US
PATH = "devices/year=2021/month=02/day=19/hour=21/a.parquet"


@pytest.fixture
def listed(tmp_path: Path) -> ListedFile:
    """A file of one row, offset 7 of partition 2, listed as it is."""
    columns = {
        "timestamp": pa.array([EVENT], pa.timestamp("us", "UTC")),
        "id": ["u1"],
        "antenna_id": ["a1"],
        "app": ["SKYPE"],
        "bytes": pa.array([10], pa.int64()),
        "event_id": pa.array([None], pa.string()),
        "topic": ["devices"],
        "partition": pa.array([2], pa.int32()),
        "offset": pa.array([7], pa.int64()),
        "ingest_time": pa.array([EVENT + timedelta(seconds=1)], pa.timestamp("ms", "UTC")),
    }
    file = tmp_path / PATH
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), file)
    content = file.read_bytes()
    return ListedFile(PATH, HOUR_START_US, 1, 2, 7, 7, 3, len(content), hashlib.sha256(content).hexdigest())


def faults(root: Path, file: ListedFile) -> list[str]:
    return read_archive(str(root), DEVICES, [file])[1]


def test_rows_are_read_as_they_were_written(tmp_path, listed):
    rows, found = read_archive(str(tmp_path), DEVICES, [listed])

    event_us = HOUR_START_US + 1_500_000
    assert rows == [
        Row(DEVICES.content(event_us, "u1", "a1", "SKYPE", 10, None), (), 2, 7, event_us + 1_000_000, HOUR_START_US, 3)]
    assert found == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"rows": 2}, "1 rows, listed are 2"),
        ({"size": 1}, "bytes, listed are 1"),
        ({"sha256": "0"}, "its SHA-256 is not the listed one"),
        (
            {"hour_us": HOUR_START_US + HOUR_US},
            "not in the folder devices/year=2021/month=02/day=19/hour=22/ of its hour",
        ),
        ({"first_offset": 6}, "offsets 7 to 7, listed are 6 to 7"),
        ({"partition": 1}, "rows of other partitions than 1"),
        ({"path": "devices/gone.parquet"}, "No such file"),
    ],
)
def test_a_file_that_is_not_as_listed_is_at_fault(tmp_path, listed, change, fault):
    assert any(fault in found for found in faults(tmp_path, listed._replace(**change)))


def test_rows_of_another_topic_are_at_fault(tmp_path, listed):
    table = pq.ParquetFile(tmp_path / PATH).read()
    pq.write_table(table.set_column(table.column_names.index("topic"), "topic", pa.array(["clicks"])), tmp_path / PATH)

    assert f"{PATH}: rows of another topic" in faults(tmp_path, listed)


@pytest.mark.parametrize("topic", TOLD)
def test_columns_that_a_stream_adds_are_read_behind_its_content(tmp_path, listed, topic):
    told = TOLD[topic]
    names = [*told.content._fields[1:], *told.added]
    places = [pa.array([number], pa.int64()) for number in (2, 7)]
    times = [pa.array([EVENT], pa.timestamp("us", "UTC"))] * 2
    columns = dict(zip(["partition", "offset", told.time.name, "ingest_time"], [*places, *times], strict=True))
    named = {name: [f"its {name}"] for name in names}
    pq.write_table(pa.table({**columns, "topic": [topic], **named}), tmp_path / PATH)

    ((row,), _) = read_archive(str(tmp_path), told, [listed])

    assert row.content[1:] + row.added == tuple(f"its {name}" for name in names)
    assert len(row.added) == len(told.added)


def test_a_truncated_file_is_at_fault_and_gives_no_rows(tmp_path, listed):
    file = tmp_path / PATH
    file.write_bytes(file.read_bytes()[:-10])

    rows, found = read_archive(str(tmp_path), DEVICES, [listed])

    assert rows == [] and len(found) == 1


@pytest.mark.parametrize(
    "times",
    [pa.array([EVENT, None], pa.timestamp("us", "UTC")), pa.array([EVENT.timestamp(), float("nan")], pa.float64())],
)
def test_a_truth_may_hold_times_or_seconds(tmp_path, times):
    columns = {"topic": ["devices"] * 2, "partition": [0, 1], "offset": [5, 6], "event_id": ["e", None]}
    pq.write_table(pa.table(columns | {"timestamp": times}), tmp_path / "acknowledged.parquet")

    found = read_acknowledged(tmp_path, "devices")

    assert found == [Acknowledged(0, 5, "e", HOUR_START_US + 1_500_000), Acknowledged(1, 6, None, None)]
