"""The files: the service's own form, the same bytes again, and the same events as are sent, once replayed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from metering.streams.clicks import CLICKS
from metering.streams.listens import LISTENS
from producers.__main__ import main
from producers.audience.audience import draw
from producers.audience.events import blocks
from producers.audience.files import write_files
from producers.audience.people import draw_people, records
from producers.replay.mapping import Columns
from producers.replay.messages import Mapped
from producers.replay.readers import rows
from tests.unit.producers.audience.plans import a_plan

NAMES = ("clicks.csv", "customers.csv", "tracks.csv", "truth.json", "truth.parquet")
# The clocks of New York are set back on 1 November 2026.
PLAN = a_plan(zone="America/New_York", start="2026-10-30", days=4, customers=60, plays=2_000)


def test_the_files_have_the_services_own_form(tmp_path: Path) -> None:
    write_files(tmp_path, draw(PLAN))

    tracks = (tmp_path / "tracks.csv").read_text().splitlines()
    clicks = (tmp_path / "clicks.csv").read_text().splitlines()
    customers = (tmp_path / "customers.csv").read_text().splitlines()
    assert tracks[0] == '"event_id","customer_id","track_id","datetime","ismobile","listening_zip"'
    assert clicks[0] == '"event_id","customer_id","ad","local_time"'
    assert customers[0] == (
        '"customer_id","name","age","gender","zip","address","sign_date","status","level","campaign",'
        '"linked_with_apps"')
    assert len(tracks) == 2_001
    assert tracks[1].startswith(f'"{PLAN.mark}-p0",10')
    assert tracks[1].split(",")[3].startswith('"2026-10-29 ')
    assert customers[1].startswith('10001,"')


def test_customers_are_written_as_they_are_known(tmp_path: Path) -> None:
    write_files(tmp_path, draw(PLAN))

    with (tmp_path / "customers.csv").open(newline="", encoding="utf-8") as lines:
        found = list(csv.DictReader(lines))

    known = records(PLAN, draw_people(PLAN))
    assert found == [{"customer_id": one.id, **one.record} for one in known]
    assert {one.level for one in known} == {"FREE", "SILVER", "GOLD"}


def test_the_same_plan_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_files(tmp_path / folder, draw(PLAN))

    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(("name", "stream"), [("tracks.csv", LISTENS), ("clicks.csv", CLICKS)])
def test_replayed_files_are_the_events_that_are_sent(name: str, stream: object, tmp_path: Path) -> None:
    audience = draw(PLAN)
    write_files(tmp_path, audience)
    declared = LISTENS if stream is LISTENS else CLICKS
    maker = Mapped(declared.topic, Columns(declared, {}, PLAN.zone), None, max_ahead_s=300)

    messages = [maker.message(row) for row in rows(tmp_path / name, "csv")]

    sent = [
        (key, value) for block in blocks(audience.plays, audience.clicks, PLAN.mark) if block.topic == declared.topic
        for key, value in zip(block.keys, block.values, strict=True)]
    assert not any(message.fault for message in messages)
    assert [(message.key, json.loads(message.value or b"")) for message in messages] == [
        (key, json.loads(value or b"")) for key, value in sent]


def test_the_truth_names_the_rule_and_each_customers_chance(tmp_path: Path) -> None:
    audience = draw(PLAN)
    write_files(tmp_path, audience)

    said = json.loads((tmp_path / "truth.json").read_text())
    table = pq.read_table(tmp_path / "truth.parquet")

    z = said["rule"]["intercept"] + sum(
        weight * table[name].to_numpy() for name, weight in said["rule"]["weights"].items())
    assert np.allclose(table["chance"].to_numpy(), 1 / (1 + np.exp(-z)), rtol=1e-9)
    assert said["figures"]["clickers"] == sum(table["clicked"].to_pylist())
    assert (said["from"], said["to"], said["zone"]) == (
        "2026-10-30T00:00:00Z", "2026-11-03T00:00:00Z", "America/New_York")


def test_the_command_writes_files_and_prints_the_figures_without_any_kafka(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--customers", "50", "--plays", "500", "--to", "2026-11-20", "--kafka", "127.0.0.1:9")

    assert main(["audience", *small, "--csv", str(tmp_path / "files")]) == 0
    said = capsys.readouterr().out
    assert main(["audience", *small, "--customers-csv", str(tmp_path / "only.csv")]) == 0

    assert "best reachable error" in said
    assert "error of saying the same to all" in said
    assert (tmp_path / "only.csv").read_bytes() == (tmp_path / "files" / "customers.csv").read_bytes()


def test_no_local_time_in_the_files_is_one_that_a_clock_shows_a_second_time() -> None:
    # 01:00 to 02:00 in summer time is 05:00 to 06:00 UTC; the second time, 06:00 to 07:00.
    audience = draw(a_plan(zone="America/New_York", start="2026-11-01T05:00:00", days=3 / 24, plays=3_000))

    for time_s in (audience.plays.time_s, audience.clicks.time_s):
        assert set((time_s % 86_400 // 3_600).tolist()) == {5, 7}
