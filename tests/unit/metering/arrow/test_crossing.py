"""When a sum crossed: by the order of arrival, each event once, whatever file its row lies in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.arrow.archive import Archive
from metering.arrow.crossing import crossings, rows_of
from metering.arrow.listed import DamagedFile
from metering.arrow.schemas import archive_schema
from metering.streams.devices import DEVICES

HOUR = datetime(2026, 11, 24, 13, tzinfo=UTC)


def row(id: str, name: str | None, size: int, arrived_s: int, offset: int = 0) -> dict[str, object]:
    return {"timestamp": HOUR, "id": id, "antenna_id": "a", "app": "x", "bytes": size, "event_id": name,
            "topic": "devices", "partition": 0, "offset": offset or arrived_s,
            "ingest_time": HOUR + timedelta(seconds=arrived_s)}


def crossed(rows: list[dict[str, object]], **thresholds: list[int]) -> dict[tuple[str, int], int]:
    """(id, threshold) → seconds after the hour's begin."""
    table = pa.Table.from_pylist(rows, schema=archive_schema(DEVICES))
    wanted = {id: [Decimal(one) for one in each] for id, each in thresholds.items()}
    found = crossings(DEVICES, table, "id", "bytes", wanted)
    return {(id, int(one)): int((at - HOUR).total_seconds()) for (id, one), at in found.items()}


def test_the_event_that_reaches_a_threshold_tells_when_and_what_is_not_reached_is_left_out() -> None:
    rows = [row("u", "c", 30, 30), row("u", "a", 50, 10), row("u", "b", 20, 20), row("v", "d", 999, 5)]

    assert crossed(rows, u=[50, 51, 100, 101]) == {("u", 50): 10, ("u", 51): 20, ("u", 100): 30}


def test_a_repeat_crosses_nothing_and_an_event_without_an_id_is_its_place() -> None:
    rows = [row("u", "a", 60, 10), row("u", "a", 60, 11), row("u", None, 10, 12), row("u", None, 10, 13),
            row("u", "b", 20, 14)]

    assert crossed(rows, u=[100]) == {("u", 100): 14}


def test_sums_are_exact_beyond_64_bits_and_a_threshold_of_0_wants_use() -> None:
    large = [row("u", f"e{number}", 2**42, number + 2) for number in range(3)]

    assert crossed([row("u", "z", 0, 1), *large], u=[0, 3 * 2**42]) == {("u", 0): 2, ("u", 3 * 2**42): 4}


def test_only_the_rows_of_the_ids_are_read_from_the_files_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    for name, rows in (("a", [row("u", "a", 1, 1), row("v", "b", 1, 2)]), ("b", [row("u", "c", 1, 3)])):
        pq.write_table(pa.Table.from_pylist(rows, schema=archive_schema(DEVICES)), tmp_path / f"{name}.parquet")
    archive = Archive(str(tmp_path))

    found = rows_of(archive, DEVICES, ["a.parquet", "b.parquet"], "id", ["u", "w"])

    assert sorted(found["event_id"].to_pylist()) == ["a", "c"]
    assert rows_of(archive, DEVICES, [], "id", ["u"]).num_rows == 0
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    for path in ("b.parquet", "absent.parquet"):
        with pytest.raises(DamagedFile, match=path):
            rows_of(archive, DEVICES, [path], "id", ["u"])
