"""A bounded look into archive files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.arrow.schemas import archive_schema
from metering.domain.errors import Damaged
from metering.streams.devices import DEVICES
from metering.streams.machines import RESOURCE_USAGE
from serving.archived_events import archived_events

HOUR = datetime(2021, 2, 19, 21, tzinfo=UTC)


def written(root: Path, name: str, ids: list[str]) -> str:
    """An archive file with one event of 5 bytes an id, an event_id for the first alone."""
    rows = [
        {"timestamp": HOUR + timedelta(seconds=place), "id": id, "antenna_id": "a1", "app": "SKYPE", "bytes": 5,
         "event_id": None if place else "e1", "topic": "devices", "partition": 2, "offset": 40 + place,
         "ingest_time": HOUR + timedelta(minutes=1)}
        for place, id in enumerate(ids)]
    pq.write_table(pa.Table.from_pylist(rows, schema=archive_schema(DEVICES)), root / name)
    return name


def test_rows_of_several_files_are_shown_as_they_were_archived(tmp_path: Path) -> None:
    paths = [written(tmp_path, "one.parquet", ["u1", "u2"]), written(tmp_path, "two.parquet", ["u3"])]

    found = archived_events(str(tmp_path), DEVICES, paths)

    assert sorted(row.values["id"] for row in found) == ["u1", "u2", "u3"]
    first = next(row for row in found if row.values["id"] == "u1")
    assert (first.timestamp, first.values["bytes"]) == (HOUR, 5)
    assert (first.partition, first.offset, first.event_id) == (2, 40, "e1")


def test_a_stream_shows_the_columns_it_declares(tmp_path: Path) -> None:
    row = {
        "machine_id": "m1", "service": "web", "timestamp": HOUR, "cpu": Decimal("12.500"), "ram": None, "disk": None,
        "interval_s": 1, "event_id": None, "topic": "resource_usage", "partition": 0, "offset": 3,
        "ingest_time": HOUR}
    pq.write_table(pa.Table.from_pylist([row], schema=archive_schema(RESOURCE_USAGE)), tmp_path / "one.parquet")

    [found] = archived_events(str(tmp_path), RESOURCE_USAGE, ["one.parquet"], "service", "web")

    assert found.timestamp == HOUR
    assert found.values == {
        "machine_id": "m1", "service": "web", "cpu": Decimal("12.500"), "ram": None, "disk": None, "interval_s": 1}


def test_one_id_is_picked_out_and_no_more_than_asked_for(tmp_path: Path) -> None:
    paths = [written(tmp_path, "one.parquet", ["u1", "u2"] * 50)]

    assert {row.values["id"] for row in archived_events(str(tmp_path), DEVICES, paths, "id", "u2")} == {"u2"}
    assert len(archived_events(str(tmp_path), DEVICES, paths, "id", "u2", most=7)) == 7
    assert archived_events(str(tmp_path), DEVICES, paths, "app", "nobody") == []
    assert archived_events(str(tmp_path), DEVICES, []) == []


def test_a_file_that_is_away_or_damaged_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no more")

    for path in ("away.parquet", "bad.parquet"):
        with pytest.raises(Damaged, match="cannot be read"):
            archived_events(str(tmp_path), DEVICES, [path])
