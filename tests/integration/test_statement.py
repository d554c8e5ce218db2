"""`lambdameter statement` and `verify`: an untouched folder is equal; whatever is forged, its place is named."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdameter.__main__ import main
from metering.domain.billing.tariffs import version_of
from metering.streams import STREAMS
from tests.lib.archiving import archive
from tests.lib.sample_statement import Sample, cost_rows, device_rows, fill_statement

pytestmark = pytest.mark.stack

HOUR_10 = "devices/year=2026/month=03/day=05/hour=10"
LINE_1 = "statement.json, line 1 (mobile of 2026-01-01T00:00Z, period 2026-03-01, EUR)"


@pytest.fixture(scope="module")
def sample(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        fill_statement(connection, root)
    return Sample(database_url, root)


@pytest.fixture(autouse=True)
def _settings(sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (sample.environment | {
        "LAMBDAMETER_HOME": str(tmp_path / "home"), "LAMBDAMETER_CONF": str(tmp_path / "conf")}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def written(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A statement as it was written; tests change copies of it."""
    folder = tmp_path_factory.mktemp("statements") / "acme-2026-03"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in sample.environment.items():
            environment.setenv(name, value)
        assert main(["statement", "acme", "2026-03", "--to", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, and nothing that verifying could ask but the folder."""
    for name in ("DATABASE_URL", "LAMBDAMETER_ARCHIVE"):
        monkeypatch.delenv(name, raising=False)
    return Path(shutil.copytree(written, tmp_path / "statement"))


@pytest.fixture
def copied_archive(sample: Sample, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample.archive, tmp_path / "archive"))


Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    def run(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        status = main(["verify", *map(str, words)])
        return status, "".join(capsys.readouterr())

    return run


def forge_sums(folder: Path) -> None:
    """What a forger does, too: list the changed files' SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    (folder / "SHA256SUMS").write_text("".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files))


def change_json(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def change_events(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    table = pq.read_table(path, partitioning=None)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), path)


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


@pytest.mark.parametrize("name", ["statement.json", "archive.json", "events/devices.parquet", "SHA256SUMS"])
def test_one_changed_byte_of_any_file_is_found(folder: Path, verify: Verify, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    status, said = verify(folder)

    assert status == 4
    assert name in said


def test_a_changed_event_is_found_by_the_quantity_and_named_by_the_archive(
    folder: Path, sample: Sample, verify: Verify
) -> None:
    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"bytes": 301} if row["offset"] == 2 else row for row in rows]

    change_events(folder / "events" / "devices.parquet", change)
    forge_sums(folder)

    alone, said = verify(folder)
    assert alone == 4
    assert f"{LINE_1}, hour 2026-03-05T10, quantity: stated 1000, of the hour's 6 events 1001" in said

    both, said = verify(folder, "--archive", sample.archive)
    assert both == 4
    place = "events/devices.parquet, event devices/0/2, bytes: 301 in the folder, 300 in " + HOUR_10
    assert place in said


def test_a_changed_event_that_does_not_count_is_named_by_the_archive(
    folder: Path, sample: Sample, verify: Verify
) -> None:
    change_events(folder / "events" / "devices.parquet", lambda rows: [
        row | {"antenna_id": "a-2"} if row["offset"] == 4 else row for row in rows])
    forge_sums(folder)

    assert verify(folder)[0] == 0  # no sum depends on it

    status, said = verify(folder, "--archive", sample.archive)
    assert status == 4
    assert "event devices/0/4, antenna_id: a-2 in the folder, a-1 in" in said


def test_a_changed_line_is_named(folder: Path, verify: Verify) -> None:
    def change(content: Any) -> None:
        content["lines"][0]["amount"] = "0.11"
        content["totals"]["EUR"] = "11.11"

    change_json(folder / "statement.json", change)
    forge_sums(folder)

    status, said = verify(folder)

    assert status == 4
    assert f"{LINE_1}, amount: stated 0.11, computed again 0.10" in said


def test_a_changed_hour_of_a_line_is_named(folder: Path, verify: Verify) -> None:
    change_json(folder / "statement.json", lambda content: content["lines"][1]["hours"][0].update(amount="11.5"))
    forge_sums(folder)

    status, said = verify(folder)

    assert status == 4
    assert "line 2 (resale of 2026-01-01T00:00Z, period 2026-03-01, EUR), hour 2026-03-05T10, amount" in said


def test_a_changed_total_is_named(folder: Path, verify: Verify) -> None:
    change_json(folder / "statement.json", lambda content: content["totals"].update(EUR="11.11"))
    forge_sums(folder)

    status, said = verify(folder)

    assert (status, "statement.json, totals, EUR: want 11.10" in said) == (4, True)


def test_a_changed_tariff_gives_other_amounts(folder: Path, verify: Verify) -> None:
    def change(content: Any) -> None:
        spec = content["tariffs"][0]["spec"]
        spec["price"]["price"] = "0.03"
        content["tariffs"][0]["sha256"] = version_of(spec).sha256

    change_json(folder / "statement.json", change)
    forge_sums(folder)

    status, said = verify(folder)

    assert status == 4
    assert f"{LINE_1}, amount: stated 0.10, computed again 0.15" in said


def test_a_tariff_changed_without_its_sha256_is_named(folder: Path, verify: Verify) -> None:
    change_json(folder / "statement.json", lambda content: content["tariffs"][0]["spec"]["rounding"].update(mode="up"))
    forge_sums(folder)

    status, said = verify(folder)

    assert (status, "tariffs[0] (mobile of 2026-01-01T00:00Z), sha256: stated" in said) == (4, True)


@pytest.mark.parametrize(("offset", "in_the_archive"), [(0, "is missing; the archive has it in"), (7, "is missing")])
def test_a_removed_event_is_found(
    folder: Path, sample: Sample, verify: Verify, offset: int, in_the_archive: str
) -> None:
    change_events(
        folder / "events" / "devices.parquet", lambda rows: [row for row in rows if row["offset"] != offset])
    forge_sums(folder)

    status, said = verify(folder, "--archive", sample.archive)

    assert status == 4
    assert f"event devices/0/{offset}: {in_the_archive}" in said


def test_an_event_that_never_was_is_found(folder: Path, sample: Sample, verify: Verify) -> None:
    change_events(folder / "events" / "devices.parquet", lambda rows: [
        *rows, rows[0] | {"offset": 77, "event_id": "e-77", "bytes": 0}])
    forge_sums(folder)

    assert verify(folder)[0] == 0  # it has no bytes

    status, said = verify(folder, "--archive", sample.archive)
    assert status == 4
    assert "event devices/0/77: does not stand in the archive (devices, hour 2026-03-05T10)" in said


def test_an_event_twice_at_one_place_and_one_of_nobody_are_named(folder: Path, verify: Verify) -> None:
    change_events(folder / "events" / "devices.parquet", lambda rows: [
        *rows, rows[0], rows[0] | {"offset": 78, "id": "cyan", "event_id": None, "bytes": 0}])
    forge_sums(folder)

    status, said = verify(folder)

    assert status == 4
    assert "event devices/0/0: is there 2 times" in said
    assert "event devices/0/78: is neither of acme nor of an identity of theirs" in said


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


@pytest.mark.parametrize(("columns", "wanted"), [
    ({"devices": ["bytes"]}, "archive.json, columns, devices: want timestamp, id"),
    ({"doors": ["id"]}, "archive.json, columns, doors: want one of devices")])
def test_a_content_hash_of_less_than_the_events_is_refused(
    folder: Path, verify: Verify, columns: dict[str, list[str]], wanted: str
) -> None:
    change_json(folder / "archive.json", lambda content: content.update(columns=columns))
    forge_sums(folder)

    status, said = verify(folder)

    assert (status, wanted in said) == (4, True)


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
