"""Damaged files on a real archive: named by the batch run and the repair, restored from real Kafka, or refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, Finished, deployed

pytestmark = pytest.mark.stack

SEED, EVENTS = 10, 6_000
THIS_HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HOURS = [THIS_HOUR - timedelta(hours=ago) for ago in (5, 4, 3, 2)]
LISTED = (
    "SELECT path, rows, kafka_partition, first_offset, last_offset, generation, first_ingest FROM archive_file "
    "WHERE superseded IS NULL ORDER BY hour, kafka_partition, generation, topic")

Manifest = list[tuple[Any, ...]]


def slices_of(hours: list[datetime]) -> tuple[str, ...]:
    return ("--from", f"{hours[0]:%Y-%m-%dT%H:00}", "--to", f"{hours[-1] + timedelta(hours=1):%Y-%m-%dT%H:00}")


def play(number: int, hour: datetime) -> dict[str, object]:
    return {"customer_id": f"c{number % 9}", "track_id": "t1", "is_mobile": 1, "listening_zip": "01000",
            "event_id": f"e{number}", "timestamp": hour.timestamp() + number}


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("repair"), LAMBDAMETER_GRACE_S="0") as layers:
        yield layers


@pytest.fixture(scope="module")
def archived(layers: Deployment) -> Deployment:
    """Two hours published and compacted, then late events and two more hours in files of a slice."""
    print(f"generated with seed {SEED}")
    faults = ("--duplicates", "0.05", "--conflicts", "0.005", "--bad", "0.03")
    layers.generate(*slices_of(HOURS[:2]), "--events", str(EVENTS), "--seed", str(SEED), *faults)
    layers.must("speed_layer", "--once")
    layers.must("batch_layer")
    assert layers.rows("SELECT count(*) FROM archive_file WHERE kafka_partition IS NULL") == [(2,)]
    layers.generate(*slices_of(HOURS[1:]), "--events", str(EVENTS), "--seed", str(SEED + 1), *faults)
    layers.listens.create()
    layers.listens.send([play(number, HOURS[3]) for number in range(400)])
    layers.must("speed_layer", "--once")
    return layers


@dataclass(frozen=True)
class Damage:
    """What was hurt, as it was, and what the programs said of it. `hours`: topic and hour of each hurt file."""

    paths: list[str]
    kept: dict[str, bytes]
    manifest: Manifest
    batch: Finished
    failed: dict[str, str]


def one_of(layers: Deployment, topic: str, hour: datetime, *, compacted: bool) -> str:
    [(path,)] = layers.rows(
        "SELECT path FROM archive_file WHERE topic = %s AND hour = %s AND (kafka_partition IS NULL) = %s "
        "AND superseded IS NULL ORDER BY path LIMIT 1", topic, hour, compacted)
    return str(path)


def flip_a_byte(file: Path) -> None:
    """One bit of a column's compressed bytes: most of the time a reader of Parquet does not notice."""
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)


@pytest.fixture(scope="module")
def damaged(archived: Deployment) -> Damage:
    """A compacted file is gone, another one flipped; of files of a slice one is cut, one flipped, a play's one gone."""
    layers = archived
    gone, flipped = (one_of(layers, "devices", hour, compacted=True) for hour in HOURS[:2])
    cut, changed = (one_of(layers, "devices", hour, compacted=False) for hour in HOURS[2:])
    plays = one_of(layers, "listens", HOURS[3], compacted=False)
    # As a file that was compacted before its spans were kept.
    layers.rows("UPDATE archive_file SET spans = '{}' WHERE path = %s", flipped)
    paths = [gone, flipped, cut, changed, plays]
    kept = {path: (layers.archive / path).read_bytes() for path in paths}
    manifest = layers.rows(LISTED)
    for path in (gone, plays):
        (layers.archive / path).unlink()
    os.truncate(layers.archive / cut, 1000)
    for path in (flipped, changed):
        flip_a_byte(layers.archive / path)
    batch = layers.run("batch_layer")
    failed = {f"{topic} {hour:%H}": why for topic, hour, why in layers.rows(
        "SELECT topic, hour, failed FROM hour_state WHERE failed <> ''")}
    return Damage(paths, kept, manifest, batch, failed)


@dataclass(frozen=True)
class Repaired:
    """What a dry run, the repair and a second repair said, and the manifest after each."""

    dry: Finished
    after_dry: Manifest
    done: Finished
    manifest: Manifest
    again: Finished


@pytest.fixture(scope="module")
def repaired(archived: Deployment, damaged: Damage) -> Repaired:
    layers = archived
    dry = layers.run("batch_layer", "repair", "--dry-run")
    after_dry = layers.rows(LISTED)
    done = layers.run("batch_layer", "repair")
    manifest = layers.rows(LISTED)
    return Repaired(dry, after_dry, done, manifest, layers.run("batch_layer", "repair", "--all"))


def test_a_batch_run_names_each_damaged_file_and_the_cure_and_leaves_its_hour(damaged: Damage) -> None:
    _, flipped, cut, changed, plays = damaged.paths
    assert damaged.batch.status == 4
    # Nothing new came to the hour of the file that is gone: nobody had to read it.
    expected = {f"devices {HOURS[1]:%H}": flipped, f"devices {HOURS[2]:%H}": cut, f"devices {HOURS[3]:%H}": changed,
                f"listens {HOURS[3]:%H}": plays}
    assert damaged.failed.keys() == expected.keys()
    for hour, path in expected.items():
        assert path in damaged.failed[hour] and "python -m batch_layer repair" in damaged.failed[hour]
        assert damaged.batch.said("hour not published", path, "python -m batch_layer repair")


def test_a_dry_run_names_all_and_changes_nothing(damaged: Damage, repaired: Repaired) -> None:
    assert repaired.dry.status == 4
    for path in damaged.paths:
        assert repaired.dry.said("damaged file", path), path
        assert repaired.dry.said("can be restored from Kafka", path), path
    assert repaired.after_dry == damaged.manifest


def test_a_repair_restores_each_file_from_kafka_and_a_second_one_finds_nothing(
    damaged: Damage, repaired: Repaired
) -> None:
    assert repaired.done.status == 0, repaired.done.text
    assert len(repaired.done.said("restored", "rows")) == len(damaged.paths)
    assert repaired.again.status == 0
    assert len(repaired.again.said("nothing to repair")) == 5


def test_a_restored_file_has_the_same_rows_under_another_name(
    archived: Deployment, damaged: Damage, repaired: Repaired
) -> None:
    moved = 0
    for before, after in zip(damaged.manifest, repaired.manifest, strict=True):
        assert before[1:] == after[1:]
        if before[0] in damaged.paths:
            moved += 1
            assert after[0] != before[0] and not (archived.archive / before[0]).exists()
            (archived.folder / "before.parquet").write_bytes(damaged.kept[before[0]])
            rows = [
                pq.read_table(file, partitioning=None).sort_by([("partition", "ascending"), ("offset", "ascending")])
                for file in (archived.folder / "before.parquet", archived.archive / after[0])]
            assert rows[0].equals(rows[1])
        else:
            assert before[0] == after[0]
    assert moved == len(damaged.paths)


def test_the_next_batch_run_publishes_what_was_held_up(archived: Deployment, repaired: Repaired) -> None:
    done = archived.must("batch_layer")

    assert len(done.said("hour published")) == 4
    assert archived.rows("SELECT count(*) FROM hour_state WHERE failed <> ''") == [(0,)]
    archived.check()


def test_a_file_whose_records_kafka_deleted_is_refused_and_taken_when_it_is_put_back(
    archived: Deployment, repaired: Repaired
) -> None:
    layers = archived
    path, first, last, rows = layers.rows(
        "SELECT path, spans -> '2' -> 0, spans -> '2' -> 1, rows FROM archive_file WHERE spans ? '2' ORDER BY path")[0]
    kept = (layers.archive / path).read_bytes()
    (layers.archive / path).unlink()
    layers.topic.delete_before(2, first + 1)

    refused = layers.run("batch_layer", "repair", "--stream", "devices")

    assert refused.status == 4
    [said] = refused.said("cannot be restored from Kafka", path)
    assert f"offsets {first}–{first} of partition 2" in said["why"] and said["rows"] == rows and last > first
    assert refused.said("1 listed files stay damaged", path, "put back from a backup")
    (layers.archive / path).write_bytes(kept)
    assert layers.must("batch_layer", "repair", "--stream", "devices").said("nothing to repair")
