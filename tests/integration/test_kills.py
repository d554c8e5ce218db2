"""SIGKILL at every failpoint of both layers, twice each: the count in the end is that of an undisturbed one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local_stack import Stack
from tests.lib.contents import contents, contents_hash
from tests.lib.layers import Deployment, Finished, deployed

pytestmark = pytest.mark.stack

SEED, EVENTS, SLICE_ROWS = 7, 12_000, 1_500
SPEED = ("speed-before-file", "speed-mid-file", "speed-before-commit", "speed-after-commit")
BATCH = ("batch-before-publish", "batch-mid-publish", "batch-before-compaction", "batch-mid-compaction")
SETTINGS = {
    "LAMBDAMETER_SLICE_ROWS": str(SLICE_ROWS), "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_PANE_LATENESS_S": "604800"}
CHARGES = 3_000
"""One in three counts; the others have its event_id and other content."""


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The deployment whose programs are killed; its topic is full and its hours lie in the past."""
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("killed"), **SETTINGS) as layers:
        this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start, end = (f"{this_hour - timedelta(hours=hours):%Y-%m-%dT%H:00}" for hours in (3, 1))
        print(f"generated with seed {SEED}")
        layers.generate(
            "--from", start, "--to", end, "--events", str(EVENTS), "--seed", str(SEED),
            "--late", "0.05", "--duplicates", "0.05", "--conflicts", "0.005", "--bad", "0.03")
        layers.billing.create()
        layers.billing.send([
            {"company": f"c{number % 7}", "cost": number % 11, "event_id": f"e{number - number % 3}",
             "timestamp": (this_hour - timedelta(hours=2)).timestamp() + number}
            for number in range(CHARGES)])
        yield layers


@pytest.fixture(scope="module")
def undisturbed(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory, layers: Deployment
) -> Iterator[Deployment]:
    """A second count of the same topic, which nobody kills; after its speed layer."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with deployed(stack, migrated_template, folder, new_topic=False, **SETTINGS) as twin:
        twin.must("speed_layer", "--once")
        yield twin


@pytest.fixture(scope="module")
def speed_killed(layers: Deployment) -> Finished:
    """Each failpoint of the speed layer twice, then a run to the end."""
    for failpoint in SPEED:
        for _ in range(2):
            layers.kill_at(failpoint, "speed_layer", "--once")
    return layers.must("speed_layer", "--once")


@pytest.fixture(scope="module")
def second_batch(layers: Deployment, undisturbed: Deployment, speed_killed: Finished) -> Finished:
    """Each failpoint of the batch layer twice, then a run to the end; gives what a run beside a held one did."""
    second = None
    for failpoint in BATCH:
        for _ in range(2):
            held = layers.hold(failpoint, "batch_layer")
            second = second or layers.run("batch_layer")
            held.kill()
    layers.must("batch_layer")
    undisturbed.must("batch_layer")
    assert second is not None
    return second


def assert_same(layers: Deployment, undisturbed: Deployment) -> None:
    """The hash decides; where it differs, the tables are shown."""
    if contents_hash(layers.database_url) != contents_hash(undisturbed.database_url):
        assert contents(layers.database_url) == contents(undisturbed.database_url)
        raise AssertionError("the hashes differ, the rows do not")


def test_a_speed_layer_killed_at_each_point_twice_counts_what_an_undisturbed_one_counts(
    layers: Deployment, undisturbed: Deployment, speed_killed: Finished
) -> None:
    slices = speed_killed.said("slice committed")

    assert layers.lag() == 0
    assert len(slices) > 2
    assert_same(layers, undisturbed)
    layers.check()


def test_panes_of_a_killed_speed_layer_hold_each_identity_once(layers: Deployment, speed_killed: Finished) -> None:
    held = layers.rows(
        "SELECT sum(value), sum(events) FROM (SELECT value, events FROM billing_pane"
        " UNION ALL SELECT value, events FROM billing_pending) AS held")
    fed = layers.rows("SELECT sum(value), sum(events) FROM billing_pane_input")
    arrived = layers.rows("SELECT sum(events) FROM company_window_realtime")

    assert arrived == [(CHARGES,)]
    assert held == fed
    assert fed[0][1] == CHARGES // 3


def test_a_killed_task_leaves_files_that_no_row_lists(layers: Deployment, speed_killed: Finished) -> None:
    listed = {path for (path,) in layers.rows("SELECT path FROM archive_file")}
    on_disk = {str(path.relative_to(layers.archive)) for path in layers.archive.rglob("*") if path.is_file()}

    assert listed < on_disk
    assert any(path.endswith(".part") for path in on_disk)


def test_a_second_batch_run_says_that_one_is_at_work_and_ends_with_0(second_batch: Finished) -> None:
    assert second_batch.status == 0, second_batch.text
    assert [line["event"] for line in second_batch.lines] == ["another batch run is at work; this one leaves"]


def test_a_batch_layer_killed_at_each_point_twice_publishes_what_an_undisturbed_one_publishes(
    layers: Deployment, undisturbed: Deployment, second_batch: Finished
) -> None:
    assert layers.rows("SELECT count(*) FROM bytes") == [(0,)]
    assert layers.rows("SELECT count(*) FROM hour_state WHERE NOT final") == [(0,)]
    assert_same(layers, undisturbed)
    layers.check()


def test_compaction_after_kills_leaves_one_file_an_hour(layers: Deployment, second_batch: Finished) -> None:
    files = layers.rows("SELECT count(*) FROM archive_file WHERE superseded IS NULL GROUP BY topic, hour")

    assert set(files) == {(1,)}
