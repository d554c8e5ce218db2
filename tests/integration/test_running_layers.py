"""Both layers at work side by side, in the order of a day: late events, users, a second copy, outages, the end.

The tests share the two running programs, so each begins where the one before it ended.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, deployed, finished
from tests.lib.running import Running, until
from tests.lib.served_watcher import ServedWatcher, served_total
from tests.lib.topic import PARTITIONS

pytestmark = pytest.mark.stack

THIS_HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
LONG_AGO = THIS_HOUR - timedelta(hours=5)
STILL_OPEN = THIS_HOUR + timedelta(hours=1)
SECONDS = 20
"""What `in seconds` may mean on a busy machine; a slice is half a second here."""


@dataclass
class Day:
    """The two running layers, and the bytes sent to them; the batch layer is started once all is served."""

    layers: Deployment
    speed: Running
    batch: Running = field(init=False)
    sent_bytes: int = 0
    served: Any = field(init=False)

    def __post_init__(self) -> None:
        self.served = served_total(self.layers.database_url)

    def send(self, *values: int, user: str = "u1", hour: datetime = LONG_AGO, partition: int = -1) -> None:
        """One event a value, spread over the hour."""
        self.layers.send([
            {"event_id": str(uuid4()), "timestamp": hour.timestamp() + 37 * (number % 90), "id": user,
             "antenna_id": "a1", "app": "SKYPE", "bytes": value} for number, value in enumerate(values)], partition)
        self.sent_bytes += sum(values)

    def wait_until_served(self, within_s: float = 90) -> None:
        until(lambda: self.served() == self.sent_bytes, f"{self.sent_bytes} bytes are served", within_s)

    def wait_until_published(self, hour: datetime = LONG_AGO) -> None:
        """Wait until the batch layer alone serves the hour."""

        def published() -> bool:
            assert self.batch.status is None, self.batch.text
            waiting = self.layers.rows(
                "SELECT 1 FROM bytes WHERE timestamp >= %s AND timestamp < %s", hour, hour + timedelta(hours=1))
            return not waiting and bool(self.layers.rows("SELECT 1 FROM hour_state WHERE hour = %s", hour))

        until(published, f"{hour} is published")

    def violations(self, user: str) -> list[tuple[datetime, int, int, bool]]:
        return self.layers.rows(
            "SELECT timestamp, usage, quota, provisional FROM quota_violation WHERE email = %s ORDER BY timestamp",
            f"{user}@example.org")

    def set_quota(self, user: str, quota: int) -> None:
        self.layers.load_users(f"id,name,email,quota\n{user},{user},{user}@example.org,{quota}\n")


@pytest.fixture(scope="module")
def day(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Day]:
    """No grace: an hour gone by is final at its first publish. Two hours ahead are allowed: one hour stays open."""
    settings = {
        "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_MAX_AHEAD_S": "7200", "LAMBDAMETER_SLICE_S": "0.5",
        "LAMBDAMETER_SLICE_ROWS": "2000"}  # fmt: skip
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("day"), **settings) as layers:
        speed = layers.start("speed_layer")
        speed.wait_for("counting")
        day = Day(layers, speed)
        for partition in range(PARTITIONS):
            day.send(*range(1, 51), partition=partition)
        day.wait_until_served()
        # Only now: a run in between would publish, and without a grace make final, a part of the hour.
        day.batch = layers.start("batch_layer", "--every", "2")
        day.wait_until_published()
        yield day


def test_a_late_event_is_served_in_seconds_and_corrects_its_final_hour(day: Day) -> None:
    before = day.sent_bytes
    # A run publishes an hour in one transaction and judges its finality in another.
    until(lambda: day.layers.rows("SELECT final FROM hour_state WHERE hour = %s", LONG_AGO) == [(True,)],
          "the hour gone by is final")

    with ServedWatcher(served_total(day.layers.database_url)) as watcher:
        day.send(1_000)
        day.wait_until_served(SECONDS)
        day.wait_until_published()

    watcher.raise_if_moved_outside(before, before + 1_000)
    assert watcher.dips == []
    corrections = day.layers.rows("SELECT type, key_id, old, new FROM hour_correction WHERE hour = %s", LONG_AGO)
    assert sorted(corrections) == [
        (kind, key, before, before + 1_000) for kind, key in (
            ("antenna_total_bytes", "a1"), ("app_total_bytes", "SKYPE"), ("user_total_bytes", "u1"))]
    assert day.layers.rows(
        "SELECT DISTINCT provisional FROM usage_hourly WHERE timestamp = %s", LONG_AGO) == [(False,)]


def test_what_is_served_never_dips_or_doubles_while_hours_rotate(day: Day) -> None:
    generation = "SELECT generation FROM stream_generation"
    before, (sealed,) = day.sent_bytes, day.layers.rows(generation)[0]

    def rotated() -> bool:
        day.send(*range(1, 101))
        day.wait_until_served()
        return bool(day.layers.rows(generation)[0][0] >= sealed + 4)

    with ServedWatcher(served_total(day.layers.database_url)) as watcher:
        until(rotated, "four rotations under load")
        day.wait_until_published()

    assert watcher.dips == []
    watcher.raise_if_moved_outside(before, day.sent_bytes)
    assert day.layers.rows("SELECT sum(value) FROM bytes_hourly WHERE type = 'user_total_bytes'") == [
        (day.sent_bytes,)]


def test_a_user_without_metadata_is_counted_and_judged_when_it_comes(day: Day) -> None:
    day.send(5_000, user="ghost")
    day.wait_until_served()
    day.wait_until_published()
    assert day.layers.rows("SELECT id FROM unmapped_user WHERE id = 'ghost'") == [("ghost",)]
    assert day.violations("ghost") == []

    day.set_quota("ghost", 4_999)

    until(lambda: day.violations("ghost"), "the violation of a user whose metadata came later")
    assert day.violations("ghost") == [(LONG_AGO, 5_000, 4_999, False)]
    assert day.layers.rows("SELECT id FROM unmapped_user WHERE id = 'ghost'") == []


def test_a_changed_quota_counts_for_an_open_hour_and_not_for_a_final_one(day: Day) -> None:
    day.set_quota("nomad", 10_000)
    for hour in (LONG_AGO, STILL_OPEN):
        day.send(5_000, user="nomad", hour=hour)
        day.wait_until_published(hour)
    assert day.violations("nomad") == []

    day.set_quota("nomad", 1_000)

    until(lambda: day.violations("nomad"), "the violation by a changed quota")
    # A late event has the final hour judged again: by the quota it was frozen at.
    day.send(1, user="nomad")
    day.wait_until_served()
    day.wait_until_published()
    assert day.violations("nomad") == [(STILL_OPEN, 5_000, 1_000, True)]
    assert day.layers.rows("SELECT hour, quota FROM hour_quota WHERE id = 'nomad' ORDER BY hour") == [
        (LONG_AGO, 10_000), (STILL_OPEN, 1_000)]


def test_a_second_copy_ends_with_5_and_the_first_goes_on(day: Day) -> None:
    second = day.layers.run("speed_layer", "--once")
    day.send(11)

    assert second.status == 5
    assert [line["event"] for line in second.lines] == [
        "another copy of the streaming job owns topic 'devices'; counted nothing"]
    day.wait_until_served()
    assert day.speed.status is None


def test_postgresql_away_is_waited_for_and_nothing_is_lost(day: Day, stack: Stack) -> None:
    postgres = stack.service("postgres")
    postgres.stop()
    try:
        day.send(*range(1, 301))
        day.speed.wait_for("a service is away, trying again", "PostgreSQL cannot be reached")
        day.batch.wait_for("this run failed; the next one tries again", "PostgreSQL cannot be reached")
        once = day.layers.run("speed_layer", "--once")
    finally:
        postgres.start()
        postgres.wait_ready()

    assert once.status == 3
    assert len(once.lines) == 1
    assert once.said("PostgreSQL cannot be reached")
    day.served = served_total(day.layers.database_url)
    day.wait_until_served()
    day.wait_until_published()
    assert day.layers.lag() == 0


def test_kafka_away_is_waited_for_and_nothing_is_lost(day: Day, stack: Stack) -> None:
    kafka = stack.service("kafka")
    day.send(*range(1, 301))
    kafka.kill()
    try:
        draining = day.layers.start("speed_layer", "--once")
        day.speed.wait_for("Kafka", "cannot be reached")
        once = finished(draining)
    finally:
        kafka.start()
        kafka.wait_ready()
    day.send(*range(1, 301))

    assert once.status == 3
    assert [line["event"] for line in once.lines if line["level"] == "error"] == [
        f"Kafka at {kafka.address} cannot be reached: KafkaTimeoutError: Unable to bootstrap from ['{kafka.address}']"]
    day.wait_until_served()
    day.wait_until_published()
    assert day.layers.lag() == 0
    assert day.speed.status is None


def test_ctrl_c_ends_it_with_a_whole_slice_and_what_kafka_deleted_meanwhile_is_a_gap(day: Day) -> None:
    day.send(*([1] * 20_000))
    began = time.monotonic()
    day.speed.interrupt()
    assert day.speed.wait(60) == 0, day.speed.text
    assert time.monotonic() - began < SECONDS
    day.speed.wait_for("stopped")

    unread = day.layers.lag()
    day.send(*([1] * 50), partition=0)
    ((first,),) = day.layers.rows(
        "SELECT next_offset FROM stream_offset WHERE topic = 'devices' AND partition = 0")
    end = day.layers.topic.ends()[0]
    day.layers.topic.delete_before(0, end - 10)
    day.speed = day.layers.start("speed_layer")

    loud = day.speed.wait_for("records were deleted before they were read")
    assert (loud["level"], loud["first"], loud["last"]) == ("error", first, end - 11)
    until(lambda: day.layers.lag() == 0, "all that Kafka still holds is counted")
    assert unread > 0
    assert day.layers.rows("SELECT partition, first_offset, last_offset FROM offset_gap") == [(0, first, end - 11)]


def test_sigterm_and_ctrl_c_end_both_with_0_and_all_invariants_hold(day: Day) -> None:
    day.wait_until_published()

    for running, end in ((day.speed, lambda: day.speed.signal(signal.SIGTERM)), (day.batch, day.batch.interrupt)):
        began = time.monotonic()
        end()
        assert running.wait(60) == 0, running.text
        assert time.monotonic() - began < SECONDS
        assert running.traces == []

    day.layers.check()
