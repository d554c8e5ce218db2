"""`lambdameter statement` and `verify`: an untouched folder is equal, also after compaction; bad input is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow.parquet as pq
import pytest

from lambdameter.__main__ import main
from metering.streams import STREAMS
from tests.integration.statements import (
    HOUR_10,
    Verify,
    copied_archive,
    folder,
    sample,
    settings,
    verify,
    written,
)
from tests.lib.archiving import archive
from tests.lib.forging import change_events, forge_sums
from tests.lib.sample_statement import Sample, cost_rows, device_rows, fill_statement

__all__ = ["copied_archive", "folder", "sample", "settings", "verify", "written"]

pytestmark = pytest.mark.stack


def test_an_untouched_folder_is_equal(folder: Path, verify: Verify) -> None:
    status, said = verify(folder)

    assert (status, said) == (0, "equal: acme: 2 lines, 3 hours, 10 events, 11.10 EUR\n")


def test_its_events_stand_in_the_archive(folder: Path, sample: Sample, verify: Verify) -> None:
    status, said = verify(folder, "--archive", sample.archive)

    assert status == 0
    assert "archive: equal: 3 hours, 12 rows, every event in its place\n" in said


def test_every_copy_is_in_the_folder_and_whoever_had_the_id_first(written: Path) -> None:
    rows = pq.read_table(written / "events" / "devices.parquet").to_pylist()

    assert [(row["id"], row["bytes"], row["event_id"], row["offset"]) for row in rows] == [
        ("acme", 700, "e-1", 0), ("acme", 700, "e-1", 3), ("blue", 50, "e-9", 1), ("acme", 300, "e-2", 2),
        ("acme", 999, "e-2", 4), ("acme", 5000, "e-9", 5), ("acme", 4000, None, 7)]


def test_the_sums_are_those_that_sha256sum_checks(folder: Path) -> None:
    before = (folder / "SHA256SUMS").read_text()

    forge_sums(folder)

    assert (folder / "SHA256SUMS").read_text() == before
    assert len(before.splitlines()) == 4


def test_writing_again_gives_the_same_but_for_the_time(
    folder: Path, written: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sample.environment.items():
        monkeypatch.setenv(name, value)

    assert main(["statement", "acme", "2026-03", "--to", str(folder)]) == 0

    for path in ("archive.json", "events/devices.parquet", "events/billing.parquet"):
        assert (folder / path).read_bytes() == (written / path).read_bytes()


def test_a_changed_byte_of_an_archive_file_is_named(folder: Path, copied_archive: Path, verify: Verify) -> None:
    file = min((copied_archive / HOUR_10).glob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)

    status, said = verify(folder, "--archive", copied_archive)

    assert status == 4
    assert f"archive file {HOUR_10}/{file.name}" in said


def test_another_customer_s_row_that_changed_in_the_archive_is_found_by_the_content_hash(
    folder: Path, copied_archive: Path, verify: Verify
) -> None:
    for file in (copied_archive / HOUR_10).glob("*.parquet"):
        change_events(file, lambda rows: [row | {"bytes": 9} if row["offset"] == 6 else row for row in rows])

    status, said = verify(folder, "--archive", copied_archive)

    assert status == 4
    assert "archive, devices, hour 2026-03-05T10: content hash stated" in said


def test_a_lost_archive_file_is_named_by_its_hour_and_events(
    folder: Path, copied_archive: Path, verify: Verify
) -> None:
    shutil.rmtree(copied_archive / HOUR_10)

    status, said = verify(folder, "--archive", copied_archive)

    assert status == 4
    assert "archive, devices, hour 2026-03-05T10: stated 7 rows, the archive has 0 of them" in said
    assert "event devices/0/0: does not stand in the archive" in said


def test_rows_that_came_after_the_statement_change_nothing(
    folder: Path, copied_archive: Path, verify: Verify
) -> None:
    late = device_rows([(50, "acme", 60, "e-50")], first_offset=900)
    pq.write_table(late, copied_archive / HOUR_10 / "late.parquet")

    status, said = verify(folder, "--archive", copied_archive)

    assert status == 0
    assert "1 rows came after the statement and are not looked at" in said


def test_two_files_that_tell_a_place_otherwise_are_named(folder: Path, copied_archive: Path, verify: Verify) -> None:
    pq.write_table(device_rows([(41, "blue", 9, None)], first_offset=6), copied_archive / HOUR_10 / "zz.parquet")

    status, said = verify(folder, "--archive", copied_archive)

    assert status == 4
    assert "archive, event devices/0/6:" in said and f"and {HOUR_10}/zz.parquet say different things of it" in said


def test_compaction_changes_nothing(
    folder: Path, sample: Sample, verify: Verify, tmp_path: Path
) -> None:
    from batch_layer.compact import compact_hours
    from metering.arrow.archive import Archive
    from metering.store.locked_session import LockedSession

    before = {path.name for path in (sample.archive / HOUR_10).iterdir()}
    with LockedSession(sample.database_url, "batch_layer", "test") as session:
        compacted = sum(compact_hours(session, stream, Archive(str(sample.archive))) for stream in STREAMS.values())
    assert compacted == 1
    assert verify(folder, "--archive", sample.archive)[0] == 0  # old and new files together

    for name in before:
        (sample.archive / HOUR_10 / name).unlink()
    status, said = verify(folder, "--archive", sample.archive)
    assert (status, "archive: equal" in said) == (0, True)

    (merged,) = (sample.archive / HOUR_10).iterdir()
    forged = Path(shutil.copytree(sample.archive, tmp_path / "forged")) / HOUR_10 / merged.name
    change_events(forged, lambda rows: [row | {"bytes": 701} if row["offset"] == 0 else row for row in rows])
    status, said = verify(folder, "--archive", tmp_path / "forged")
    assert status == 4
    assert f"event devices/0/0, bytes: 700 in the folder, 701 in {HOUR_10}/{merged.name}" in said


BAD = [
    (["statement", "acme", "2026-13", "--to", "x"], "PERIOD='2026-13': want a month such as 2026-11, or a day"),
    (["statement", "acme", "March", "--to", "x"], "PERIOD='March': want"),
    (["statement", "=x", "2026-03", "--to", "x"], "CUSTOMER='=x': want 1–64 of"),
    (["statement", "acme", "2026-03", "--currency", "€", "--to", "x"], "--currency='€': want"),
    (["statement", "nobody", "2026-03", "--to", "x"], "want a customer such as acme"),
    (["statement", "acme", "2025-01", "--to", "x"], "want a period that holds one of 2026-03 (EUR)"),
    (["statement", "acme", "2026-03-05", "--to", "x"], "want a period that holds one of 2026-03 (EUR)"),
    (["statement", "acme", "2026-03", "--currency", "CHF", "--to", "x"], "has no rated line within 2026-03-01"),
    (["verify", "nowhere"], "DIR='nowhere': is no folder"),
    (["verify", "."], "has no statement.json; want a folder that `lambdameter statement"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_status_2_with_what_is_wanted(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(words) == 2

    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_an_archive_that_is_not_there_is_status_2(folder: Path, verify: Verify) -> None:
    status, said = verify(folder, "--archive", folder / "nothing")

    assert (status, "want the archive's" in said) == (2, True)


def test_a_folder_of_other_things_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("keep me")

    assert main(["statement", "acme", "2026-03", "--to", str(tmp_path)]) == 2

    assert "holds 'letter.txt'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.fixture
def other(server_url: str, migrated_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A database and an archive that the test may change."""
    from tests.integration.conftest import database

    with database(server_url, migrated_template) as url, closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        fill_statement(connection, tmp_path / "other")
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("LAMBDAMETER_ARCHIVE", str(tmp_path / "other"))
        yield connection


def test_an_hour_that_waits_to_be_rated_is_said(
    other: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with other.cursor() as cursor:
        cursor.execute("UPDATE hour_state SET revision = 2 WHERE topic = 'billing'")

    assert main(["statement", "acme", "2026-03", "--to", str(tmp_path / "x")]) == 2

    assert "billing: 1 hours, 2026-03-05T10 the first, wait to be rated" in capsys.readouterr().err


def test_an_hour_that_was_never_published_is_said(
    other: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with other.cursor() as cursor:
        cursor.execute("DELETE FROM hour_state WHERE topic = 'devices' AND hour = '2026-03-05T11:00Z'")

    assert main(["statement", "acme", "2026-03", "--to", str(tmp_path / "x")]) == 2

    assert "devices: 1 hours, 2026-03-05T11 the first, have events and are not published" in capsys.readouterr().err


def test_events_that_are_not_published_yet_are_not_in_the_statement(other: Any, tmp_path: Path, verify: Verify) -> None:
    late = cost_rows([(30, "acme", "1000", "EUR", None)], first_offset=500)
    archive(other, tmp_path / "other", STREAMS["billing"], late)
    with other.cursor() as cursor:
        cursor.execute("UPDATE archive_file SET generation = 2 WHERE first_offset = 500")
    assert main(["statement", "acme", "2026-03", "--to", str(tmp_path / "x")]) == 0

    status, said = verify(tmp_path / "x", "--archive", tmp_path / "other")

    assert status == 0
    assert "1 rows came after the statement" in said


def test_a_damaged_archive_is_status_4(other: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = min((tmp_path / "other" / HOUR_10).glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])

    assert main(["statement", "acme", "2026-03", "--to", str(tmp_path / "x")]) == 4

    assert file.name in capsys.readouterr().err
