"""One topic counted by both layers: the published hour, generated events with every fault, damage, vacuum."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from metering.domain.event import Event, Position
from metering.domain.fold import distinct, fold
from metering.domain.judge import judge
from metering.domain.rollup import HOUR_S
from metering.domain.stream import TimeRules
from metering.streams.devices import BYTES, DEVICES
from tests.lib import mission_hour
from tests.lib.contents import contents_hash
from tests.lib.layers import Deployment, Finished, deployed
from tests.lib.topic import Place

pytestmark = pytest.mark.stack

SEED, EVENTS = 20210219, 60_000
FIRST_LETTER = 'SELECT field, found, hint FROM dead_letter WHERE partition = %s AND "offset" = %s AND reason = %s'


@dataclass(frozen=True)
class Stage:
    """What the readers' views said after a step, and what the step's program said."""

    done: Finished
    hourly: dict[tuple[datetime, str, str], int]
    provisional: dict[datetime, bool]
    violations: set[tuple[Any, ...]]
    contents: str


def look(layers: Deployment, done: Finished) -> Stage:
    served = layers.rows("SELECT timestamp, type, id, value, provisional FROM usage_hourly")
    violations = layers.rows("SELECT email, usage, quota, timestamp, provisional FROM quota_violation")
    hourly = {(hour, kind, key): int(value) for hour, kind, key, value, _ in served}
    return Stage(
        done=done,
        hourly=hourly,
        provisional={hour: marked for hour, _, _, _, marked in served},
        violations={(email, int(usage), quota, hour, marked) for email, usage, quota, hour, marked in violations},
        contents=contents_hash(layers.database_url))


@dataclass(frozen=True)
class Sent:
    """What was acknowledged: the generator's truth, the bytes of all its good messages, repeats too, and the places
    of two events of a wrong time."""

    truth: dict[str, Any]
    raw: int
    ahead: Place
    milliseconds: Place


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """2021 lies beyond any age limit, so there is none here; with no grace an hour gone by is final at once."""
    settings = {"LAMBDAMETER_MAX_AGE_DAYS": "0", "LAMBDAMETER_GRACE_S": "0"}
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("exact"), **settings) as layers:
        yield layers


@pytest.fixture(scope="module")
def sent(layers: Deployment) -> Sent:
    """The published hour and those after it, then generated events with every fault, two odd ones among them."""
    layers.load_users(mission_hour.users_csv())
    layers.send([*mission_hour.published_hour(), *mission_hour.later_hours()])
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start, end = (f"{this_hour - timedelta(hours=hours):%Y-%m-%dT%H:00}" for hours in (4, 1))
    print(f"generated with seed {SEED}")
    odd = {"id": "early-bird", "antenna_id": "a", "app": "SKYPE", "bytes": 7}
    now = time.time()
    ahead, milliseconds = layers.send([
        {**odd, "timestamp": now + 365 * 86_400}, {**odd, "timestamp": int(now * 1000)}])
    truth = layers.generate(
        "--from", start, "--to", end, "--events", str(EVENTS), "--seed", str(SEED),
        "--late", "0.03", "--duplicates", "0.03", "--conflicts", "0.003", "--bad", "0.02")
    raw = pc.sum(pq.read_table(truth / "acknowledged.parquet")["bytes"]).as_py()
    return Sent(json.loads((truth / "totals.json").read_text()), raw, ahead, milliseconds)


@pytest.fixture(scope="module")
def after_speed(layers: Deployment, sent: Sent) -> Stage:
    return look(layers, layers.run("speed_layer", "--once"))


@dataclass(frozen=True)
class Damage:
    """Two files as they were, and what a batch run with them damaged did."""

    truncated: str
    deleted: str
    stage: Stage
    failed: dict[datetime, str]


@pytest.fixture(scope="module")
def with_damage(layers: Deployment, after_speed: Stage) -> Damage:
    """A batch run while one listed file is cut and another is gone; both are whole again afterwards."""
    cut, gone = (
        layers.rows("SELECT path FROM archive_file WHERE hour = %s ORDER BY path LIMIT 1", hour)[0][0]
        for hour in (mission_hour.LATER[1][0], mission_hour.LATER[4][0]))
    kept = layers.folder / "kept"
    shutil.copytree(layers.archive, kept)
    os.truncate(layers.archive / cut, 100)
    (layers.archive / gone).unlink()
    stage = look(layers, layers.run("batch_layer"))
    failed = dict(layers.rows("SELECT hour, failed FROM hour_state WHERE failed <> ''"))
    for path in (cut, gone):
        shutil.copy(kept / path, layers.archive / path)
    return Damage(cut, gone, stage, failed)


@pytest.fixture(scope="module")
def after_batch(layers: Deployment, with_damage: Damage) -> Stage:
    return look(layers, layers.run("batch_layer"))


@pytest.fixture(scope="module")
def after_recount(layers: Deployment, after_batch: Stage) -> Stage:
    """The published hour counted once more by hand."""
    return look(layers, layers.run("batch_layer", "--hour", f"{mission_hour.HOUR:%Y-%m-%dT%H}"))


def published(stage: Stage) -> dict[tuple[str, str], int]:
    return {(kind, key): value for (hour, kind, key), value in stage.hourly.items() if hour == mission_hour.HOUR}


def violations(stage: Stage, *, provisional: bool) -> set[tuple[Any, ...]]:
    """Those of 2021, as mission_hour has them, that carry the mark."""
    return {found[:4] for found in stage.violations if found[3].year == 2021 and found[4] is provisional}


def test_the_reference_reproduces_the_published_hour_from_what_kafka_holds(layers: Deployment, sent: Sent) -> None:
    hour_us = int(mission_hour.HOUR.timestamp()) * 1_000_000

    judged = (
        judge(DEVICES, one.value, Position("devices", one.place.partition, one.place.offset),
              one.place.appended_ms * 1000, TimeRules(max_age_s=None))
        for one in layers.topic.read())
    events = [event for event in judged if isinstance(event, Event) and event.hour_us == hour_us]
    view = fold(BYTES, distinct(events).first, HOUR_S)

    assert {key[1:]: value for key, (value,) in view.items()} == mission_hour.EXPECTED


def test_the_speed_layer_alone_gives_the_29_published_rows(after_speed: Stage) -> None:
    assert after_speed.done.status == 0, after_speed.done.text
    assert published(after_speed) == mission_hour.EXPECTED
    assert after_speed.provisional[mission_hour.HOUR]


def test_violations_show_provisionally_before_the_batch(after_speed: Stage) -> None:
    assert violations(after_speed, provisional=True) == set(mission_hour.VIOLATIONS)
    assert violations(after_speed, provisional=False) == set()


def test_dead_letters_are_those_the_generator_made(layers: Deployment, sent: Sent, after_speed: Stage) -> None:
    counted = layers.rows("SELECT reason, count(*) FROM dead_letter WHERE reason <> 'CONFLICT' GROUP BY reason")

    assert dict(counted) == dict(Counter(sent.truth["bad"]) + Counter(FUTURE=2))


def test_an_event_a_year_ahead_and_one_in_milliseconds_cost_no_other(
    layers: Deployment, sent: Sent, after_speed: Stage
) -> None:
    ahead = layers.rows(FIRST_LETTER, sent.ahead.partition, sent.ahead.offset, "FUTURE")
    milliseconds = layers.rows(FIRST_LETTER, sent.milliseconds.partition, sent.milliseconds.offset, "FUTURE")

    assert [(field, hint) for field, _, hint in ahead] == [("timestamp", "at most 300 s after it is sent")]
    assert [(field, hint) for field, _, hint in milliseconds] == [
        ("timestamp", "looks like milliseconds; want seconds")]
    assert sent.raw == sum(
        value for (hour, kind, _), value in after_speed.hourly.items()
        if kind == "user_total_bytes" and hour.year != 2021)


def test_all_invariants_hold_before_the_batch(layers: Deployment, after_speed: Stage) -> None:
    layers.check()


def test_a_damaged_file_fails_its_hour_alone(with_damage: Damage) -> None:
    cut, gone = mission_hour.LATER[1][0], mission_hour.LATER[4][0]

    assert with_damage.stage.done.status == 4
    assert set(with_damage.failed) == {cut, gone}
    assert with_damage.truncated in with_damage.failed[cut]
    assert with_damage.deleted in with_damage.failed[gone]
    for path in (with_damage.truncated, with_damage.deleted):
        assert with_damage.stage.done.said("hour not published", path)
    assert with_damage.stage.done.said("2 hours were not published")


def test_an_hour_with_a_damaged_file_keeps_its_rows_and_the_others_publish(
    with_damage: Damage, after_speed: Stage
) -> None:
    kept = {hour for hour, marked in with_damage.stage.provisional.items() if marked}

    assert kept == set(with_damage.failed)
    for place, value in after_speed.hourly.items():
        if place[0] in kept:
            assert with_damage.stage.hourly[place] == value


def test_a_restored_file_heals_its_hour_at_the_next_run(layers: Deployment, after_batch: Stage) -> None:
    assert after_batch.done.status == 0, after_batch.done.text
    assert layers.rows("SELECT hour FROM hour_state WHERE failed <> '' OR NOT final") == []
    assert not any(after_batch.provisional.values())


def test_the_batch_layer_gives_the_29_published_rows(after_batch: Stage, after_recount: Stage) -> None:
    assert published(after_batch) == mission_hour.EXPECTED
    assert after_recount.done.status == 0, after_recount.done.text
    assert after_recount.done.said("hour published", f"{mission_hour.HOUR:%Y-%m-%dT%H}")
    assert published(after_recount) == mission_hour.EXPECTED


def test_all_invariants_hold_after_the_batch(layers: Deployment, after_batch: Stage) -> None:
    layers.check()


def test_violations_are_exact_and_final_after_the_batch(after_batch: Stage, after_recount: Stage) -> None:
    for stage in (after_batch, after_recount):
        assert violations(stage, provisional=False) == set(mission_hour.VIOLATIONS)
        assert violations(stage, provisional=True) == set()


def test_the_batch_view_is_the_truth_to_the_byte(layers: Deployment, sent: Sent, after_batch: Stage) -> None:
    windows = layers.rows(
        "SELECT timestamp, type, id, value FROM usage WHERE timestamp >= '2022-01-01' AND NOT provisional")

    assert _by_name(windows) == _flat(sent.truth["windows"])
    assert _by_name((*key, value) for key, value in after_batch.hourly.items() if key[0].year != 2021) == _flat(
        sent.truth["hours"])


def test_repeats_and_conflicts_are_counted_as_what_they_are(
    layers: Deployment, sent: Sent, after_batch: Stage
) -> None:
    (events, duplicates, conflicts), = layers.rows(
        "SELECT sum(events), sum(duplicates), sum(conflicts) FROM hour_state WHERE hour >= '2022-01-01'")
    (letters,), = layers.rows("SELECT count(*) FROM dead_letter WHERE reason = 'CONFLICT'")

    assert events == sent.truth["distinct"]
    assert duplicates == sent.truth["duplicates"] + sent.truth["conflicts"]
    assert conflicts == letters == sent.truth["conflicts"] > 0


def test_a_recount_changes_no_contents(after_batch: Stage, after_recount: Stage) -> None:
    assert after_recount.contents == after_batch.contents


def test_vacuum_removes_what_no_row_lists_and_nothing_else(layers: Deployment, after_recount: Stage) -> None:
    listed = {path for (path,) in layers.rows("SELECT path FROM archive_file")}
    folder = layers.archive / Path(sorted(listed)[0]).parent
    old, young, half_written = (folder / name for name in ("old.parquet", "young.parquet", "half.parquet.part"))
    for path in (old, young, half_written):
        path.write_bytes(b"counts for nothing")
    two_hours_ago = time.time() - 7200
    for path in (old, half_written, *(layers.archive / path for path in listed)):
        os.utime(path, (two_hours_ago, two_hours_ago))

    done = layers.must("batch_layer", "vacuum")

    left = {str(path.relative_to(layers.archive)) for path in layers.archive.rglob("*") if path.is_file()}
    assert left == listed | {str(young.relative_to(layers.archive))}
    assert done.said("vacuumed", "'removed': 2")


def _by_name(rows: Any) -> dict[tuple[str, str, str], int]:
    return {(f"{start:%Y-%m-%dT%H:%M:%SZ}", kind, key): int(value) for start, kind, key, value in rows}


def _flat(windows: dict[str, dict[str, Any]]) -> dict[tuple[str, str, str], int]:
    return {
        (start, kind, key): value
        for start, kinds in windows.items() for kind, sums in kinds.items() if kind != "events"
        for key, value in sums.items()
    }
