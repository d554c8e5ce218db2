"""What the layers refuse to start on: each with its exit status, in a line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local_stack import Stack
from tests.integration.conftest import database
from tests.lib.layers import Deployment, Finished, deployed
from tests.lib.running import until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("refused")) as layers:
        yield layers


def events(done: Finished) -> list[str]:
    return [line["event"] for line in done.lines]


@pytest.mark.parametrize("module", ["speed_layer", "batch_layer"])
def test_every_wrong_setting_is_named_at_once(layers: Deployment, module: str) -> None:
    wrong = {
        "DATABASE_URL": "mysql://somewhere", "KAFKA_BOOTSTRAP_SERVERS": "nowhere", "LAMBDAMETER_SLICE_S": "fast",
        "LAMBDAMETER_MAX_AGE_DAYS": "35d", "LAMBDAMETER_GRACE_S": "-1", "LAMBDAMETER_ARCHIVE": " "}  # fmt: skip

    done = layers.run(module, **wrong)

    assert done.status == 2
    assert sorted(event.split("=")[0] for event in events(done)) == sorted(wrong)
    assert all(": want " in event for event in events(done))


def test_a_topic_with_the_producers_times_is_refused_with_the_cure(layers: Deployment) -> None:
    layers.topic.make_anew("CreateTime")
    try:
        done = layers.run("speed_layer", "--once")
    finally:
        layers.topic.make_anew()

    assert done.status == 2
    assert len(done.lines) == 1
    assert "--add-config message.timestamp.type=LogAppendTime" in events(done)[0]


def test_another_topic_of_the_same_name_is_refused(layers: Deployment) -> None:
    first = layers.start("speed_layer")
    until(lambda: layers.rows("SELECT topic_id FROM stream_generation"), "the topic's id is kept")
    first.kill()
    layers.topic.make_anew()

    done = layers.run("speed_layer", "--once")

    assert done.status == 4
    assert len(done.lines) == 1
    assert "is another one of that name" in events(done)[0]
    assert "--adopt-topic" in events(done)[0]


def test_a_database_without_tables_is_refused_with_the_cure(layers: Deployment, server_url: str) -> None:
    with database(server_url) as empty:
        done = layers.run("speed_layer", "--once", DATABASE_URL=empty)

    assert done.status == 2
    assert "run `python -m serving migrate` first" in events(done)[0]
