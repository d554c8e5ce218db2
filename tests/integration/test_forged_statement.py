"""`lambdameter verify` names the place of whatever was forged, though the forger makes the checksums again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from metering.domain.billing.tariffs import version_of
from tests.integration.statements import (
    HOUR_10,
    LINE_1,
    Verify,
    copied_archive,
    folder,
    sample,
    settings,
    verify,
    written,
)
from tests.lib.forging import change_events, change_json, forge_sums
from tests.lib.sample_statement import Sample

__all__ = ["copied_archive", "folder", "sample", "settings", "verify", "written"]

pytestmark = pytest.mark.stack


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


def test_an_hour_left_out_everywhere_is_found_in_the_archive(
    folder: Path, sample: Sample, verify: Verify
) -> None:
    def shorten(content: Any) -> None:
        line = content["lines"][0]
        line.update(hours=line["hours"][:1], quantity="1000", amount="0.02")
        content["totals"]["EUR"] = "11.02"

    change_json(folder / "statement.json", shorten)
    change_json(folder / "archive.json", lambda content: content.update(
        hours=[hour for hour in content["hours"] if not hour["hour"].startswith("2026-03-05T11")]))
    change_events(
        folder / "events" / "devices.parquet", lambda rows: [row for row in rows if row["offset"] != 7])
    change_json(folder / "archive.json", lambda content: [
        hour["last_offsets"].update({"0": 7}) for hour in content["hours"] if hour["topic"] == "devices"])
    forge_sums(folder)

    assert verify(folder)[0] == 0

    status, said = verify(folder, "--archive", sample.archive)
    assert status == 4
    assert "archive, event devices/0/7: is in devices/year=2026/month=03/day=05/hour=11/" in said
    assert "its hour is not in archive.json" in said


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
