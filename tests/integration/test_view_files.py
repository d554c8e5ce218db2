"""The batch view as Parquet files: what they hold, when they are written again, and what a reader sees meanwhile."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg2.extensions import connection as Connection

from batch_layer.export import export_views
from metering.arrow.archive import Archive
from metering.streams import STREAMS

pytestmark = pytest.mark.stack

STREAM = STREAMS["resource_usage"]
HOUR = datetime(2026, 11, 24, 10, tzinfo=UTC)
MINUTES = 3
COLUMNS = [column for column in STREAM.rollup("service_minute").columns if column != "service"]


@dataclass(frozen=True)
class Published:
    """A batch view with its books, and the run's step that is judged."""

    connection: Connection
    database_url: str

    def export(self, folder: Path) -> int:
        return export_views(self.database_url, STREAM, Archive(str(folder)))


@pytest.fixture
def published(connection: Connection, database_url: str) -> Published:
    """A published hour with two services; one name has a colon."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE service_minute_batch, hour_state")
    publish(connection, HOUR, "web", "cache:1")
    return Published(connection, database_url)


def publish(connection: Connection, hour: datetime, *services: str) -> None:
    """What a publish leaves: three minutes of each service, the last first; disk is unknown."""
    with connection.cursor() as cursor:
        for minute in reversed(range(MINUTES)):
            at = hour + timedelta(minutes=minute)
            for service in services:
                cursor.execute(
                    "INSERT INTO service_minute_batch (service, time_stamp, cpu, ram, disk, max_cpu_time, max_cpu,"
                    " max_ram_time, max_ram, msg_num, cpu_known, ram_known)"
                    " VALUES (%s, %s, %s, 2, 0, %s, %s, %s, 2, 3, 3, 3)",
                    [service, at, Decimal("12.125") + minute, at, Decimal("12.125"), at])
        cursor.execute(
            "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
            " VALUES (%s, %s, 1, 1, 9, 0, false) ON CONFLICT (topic, hour) DO UPDATE"
            " SET revision = hour_state.revision + 1", [STREAM.topic, hour])


def files_below(folder: Path) -> dict[str, int]:
    """Every file, by its path, with its inode: a file written again has another one."""
    return {str(path.relative_to(folder)): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


WEB, CACHE = "views/service_minute/service=web/view.parquet", "views/service_minute/service=cache%3A1/view.parquet"


def test_each_value_has_one_file_with_its_rows_sorted_by_time(published: Published, tmp_path: Path) -> None:
    assert published.export(tmp_path) == 2

    assert set(files_below(tmp_path)) == {WEB, CACHE}
    rows = pq.ParquetFile(tmp_path / WEB).read()
    assert rows.column_names == COLUMNS
    assert rows["time_stamp"].to_pylist() == [HOUR + timedelta(minutes=minute) for minute in range(MINUTES)]
    assert rows["cpu"].to_pylist() == [Decimal("12.125"), Decimal("13.125"), Decimal("14.125")]
    assert rows["max_disk"].to_pylist() == rows["max_disk_time"].to_pylist() == [None] * MINUTES
    assert rows.schema.field("time_stamp").type == pa.timestamp("us", tz="UTC")
    assert pq.ParquetFile(tmp_path / WEB).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_reader_of_the_folder_finds_the_value_in_the_folders_name(published: Published, tmp_path: Path) -> None:
    published.export(tmp_path)

    whole = pq.read_table(tmp_path / "views" / "service_minute")

    assert sorted(whole["service"].to_pylist()) == ["cache:1"] * MINUTES + ["web"] * MINUTES


def test_with_nothing_new_nothing_is_written_and_with_a_publish_everything(
    published: Published, tmp_path: Path
) -> None:
    published.export(tmp_path)
    before = files_below(tmp_path)

    assert published.export(tmp_path) == 0
    assert files_below(tmp_path) == before

    publish(published.connection, HOUR + timedelta(hours=1), "web")
    assert published.export(tmp_path) == 2
    assert pq.ParquetFile(tmp_path / WEB).metadata.num_rows == 2 * MINUTES


def test_a_missing_a_damaged_and_a_half_written_file_are_cured(published: Published, tmp_path: Path) -> None:
    publish(published.connection, HOUR + timedelta(hours=1), "web", "queue")
    published.export(tmp_path)
    (tmp_path / WEB).unlink()
    whole = (tmp_path / CACHE).read_bytes()
    (tmp_path / CACHE).write_bytes(whole[: len(whole) // 2])
    (tmp_path / CACHE).with_name("_killed.part").write_bytes(whole[:10])
    kept = files_below(tmp_path)["views/service_minute/service=queue/view.parquet"]

    assert published.export(tmp_path) == 2

    found = files_below(tmp_path)
    assert set(found) == {WEB, CACHE, "views/service_minute/service=queue/view.parquet"}
    assert found["views/service_minute/service=queue/view.parquet"] == kept
    assert (tmp_path / CACHE).read_bytes() == whole


def test_the_folder_of_a_value_that_is_gone_goes_too(published: Published, tmp_path: Path) -> None:
    published.export(tmp_path)
    with published.connection.cursor() as cursor:
        cursor.execute("DELETE FROM service_minute_batch WHERE service = 'web'")
        cursor.execute("UPDATE hour_state SET revision = revision + 1")

    published.export(tmp_path)

    assert [path.name for path in (tmp_path / "views" / "service_minute").iterdir()] == ["service=cache%3A1"]


def test_a_place_that_cannot_be_written_is_told_and_left_to_the_next_run(
    published: Published, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "views").write_text("no folder")

    assert published.export(tmp_path) == 0
    assert "views not exported" in caplog.text

    (tmp_path / "views").unlink()
    assert published.export(tmp_path) == 2


def test_a_reader_sees_the_old_file_or_the_new_one_whole(published: Published, tmp_path: Path) -> None:
    published.export(tmp_path)
    over = threading.Event()
    seen: list[object] = []

    def read() -> None:
        while not over.is_set():
            try:
                seen.append(pq.read_table(tmp_path / "views" / "service_minute" / "service=web").num_rows)
            except Exception as error:
                seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 16):
        publish(published.connection, HOUR + timedelta(hours=number), "web")
        published.export(tmp_path)
    over.set()
    reader.join()

    counts = [number for number in seen if isinstance(number, int)]
    assert [found for found in seen if found not in counts] == []
    assert set(counts) <= {MINUTES * number for number in range(1, 17)}
    assert counts == sorted(counts)
    assert len(set(counts)) > 3
