"""HDFS from packages, real: the archive's contract on it, both layers on it, an outage of its DataNode."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest
from hdfs_native import Client, WriteOptions

from local_stack import Stack
from metering.arrow.archive import Archive
from metering.streams.devices import DEVICES
from serving.archived_events import archived_events
from tests.lib.archive_contract import ArchiveContract
from tests.lib.layers import Deployment, Finished, deployed, finished
from tests.lib.running import Running, until

pytestmark = pytest.mark.stack

EVENTS = 1_000
OUTAGE_S = 8.0
KILLED_WRITER = """
import os, sys
from hdfs_native import Client

url, path, piece = sys.argv[1:]
writer = Client(url).append(path)
writer.write(piece.encode())
writer.hsync()
os.kill(os.getpid(), 9)
"""


FORKING = """
import os, subprocess, sys
from metering.arrow.archive import Archive

Archive(sys.argv[1]).make_folder("before a fork")
subprocess.run([sys.executable, "-c", "pass"], preexec_fn=os.getpid, check=True)
print(Archive(sys.argv[1]).size("nothing"))
"""


@pytest.fixture(scope="module")
def hdfs(stack: Stack) -> Iterator[Stack]:
    """The run's stack with HDFS beside it, as a second `up` with the flag makes it."""
    wider = Stack(stack.home.folder, with_=["hdfs"])
    before = [service.pid for service in stack.services]
    wider.up()
    assert [service.pid for service in stack.services] == before
    yield wider
    for service in wider.services[:2:-1]:
        service.stop()


def new_root(hdfs: Stack) -> str:
    return f"{hdfs.env()['LAMBDAMETER_HDFS']}/archive-{uuid4().hex[:8]}"


def command(hdfs: Stack, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "lambdameter", "stack", verb, "--home", str(hdfs.home.folder), *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False)


class TestOnHdfs(ArchiveContract):
    @pytest.fixture
    def archive(self, hdfs: Stack) -> Archive:
        return Archive(new_root(hdfs))

    def tear(self, archive: Archive, path: str, piece: bytes) -> None:
        parts = urlsplit(archive.root)
        url = f"{parts.scheme}://{parts.netloc}"
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_WRITER, url, archive.full(path), piece.decode()], check=False)
        assert killed.returncode == -signal.SIGKILL


def test_a_second_up_leaves_hdfs_as_it_is_and_one_without_the_flag_too(hdfs: Stack) -> None:
    before, env = [state.pid for state in hdfs.status()], hdfs.env()

    again, without = command(hdfs, "up", "--with", "hdfs"), command(hdfs, "up")

    assert (again.returncode, without.returncode) == (0, 0), again.stderr + without.stderr
    assert [state.pid for state in hdfs.status()] == before
    assert hdfs.env() == env
    assert "namenode" in again.stdout
    assert "namenode" not in without.stdout


def test_a_program_that_used_an_archive_can_fork_as_pyspark_does(hdfs: Stack) -> None:
    words = [sys.executable, "-c", FORKING, new_root(hdfs)]

    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "None\n"


def test_hdfs_listens_on_loopback_only(hdfs: Stack) -> None:
    for name in ("namenode", "datanode"):
        sockets = psutil.Process(hdfs.service(name).pid).net_connections("inet")
        addresses = {one.laddr.ip.removeprefix("::ffff:") for one in sockets if one.status == psutil.CONN_LISTEN}
        assert addresses == {"127.0.0.1"}


def test_a_namenode_that_crashed_is_told_with_its_log_and_comes_back_with_all_files(hdfs: Stack) -> None:
    client = Client(hdfs.env()["LAMBDAMETER_HDFS"])
    with client.create("/kept", WriteOptions(overwrite=True)) as file:
        file.write(b"kept")
    hdfs.service("namenode").kill()

    status = command(hdfs, "status")
    hdfs.up()

    assert status.returncode == 3
    assert "crashed" in status.stdout
    assert "Clients should use" in status.stdout
    assert client.read("/kept").read() == b"kept"


@dataclass(frozen=True)
class Story:
    """Both layers on HDFS, with the DataNode away in between."""

    layers: Deployment
    root: str
    speed: Running
    counted_before: int
    counted_meanwhile: int
    batch_meanwhile: Finished
    failed_meanwhile: list[str]
    batch: Finished


def events(first: int, hours_ago: int) -> list[dict[str, object]]:
    """Events of one past hour, each with an identity of its own."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    return [
        {"id": f"user-{number % 20}", "antenna_id": f"antenna-{number % 5}", "app": "SKYPE", "bytes": number,
         "timestamp": hour.timestamp() + number % 3600, "event_id": f"event-{number}"}
        for number in range(first, first + EVENTS)]


@pytest.fixture(scope="module")
def story(
    hdfs: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """1,000 events counted; without a DataNode 1,000 more sent and a batch run; with it all counted and a batch run."""
    root = new_root(hdfs)
    settings = {"LAMBDAMETER_ARCHIVE": root, "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_SLICE_S": "1"}
    with deployed(hdfs, migrated_template, tmp_path_factory.mktemp("hdfs"), **settings) as layers:
        layers.send(events(0, hours_ago=3))
        speed = layers.start("speed_layer")
        layers.wait_until_counted()
        before = _counted(layers)
        hdfs.service("datanode").stop()
        ends_s = time.monotonic() + OUTAGE_S
        layers.send(events(EVENTS, hours_ago=2))
        speed.wait_for("a service is away, trying again", "cannot be written")
        batch_meanwhile = layers.run("batch_layer")
        failed = [why for (why,) in layers.rows("SELECT failed FROM hour_state WHERE failed <> ''")]
        meanwhile = _counted(layers)
        until(lambda: time.monotonic() > ends_s, "the outage is over")
        hdfs.service("datanode").start()
        hdfs.service("datanode").wait_ready()
        layers.wait_until_counted()
        speed.signal(signal.SIGTERM)
        assert finished(speed).status == 0, speed.text
        batch = layers.must("batch_layer")
        yield Story(layers, root, speed, before, meanwhile, batch_meanwhile, failed, batch)


def _counted(layers: Deployment) -> int:
    """Events behind the served hours, by their users' bytes."""
    [(value,)] = layers.rows("SELECT coalesce(sum(value), 0) FROM usage_hourly WHERE type = 'user_total_bytes'")
    return int(value)


def total(count: int) -> int:
    """The bytes of the first `count` events."""
    return sum(range(count))


def test_the_speed_layer_says_that_hdfs_is_away_and_counts_nothing_of_what_it_cannot_archive(story: Story) -> None:
    assert story.counted_before == story.counted_meanwhile == total(EVENTS)
    assert story.speed.traces == []


def test_a_batch_run_takes_an_hdfs_that_is_away_for_no_damage(story: Story) -> None:
    assert story.batch_meanwhile.status == 3, story.batch_meanwhile.text
    assert story.batch_meanwhile.said("HDFS: ")
    assert story.failed_meanwhile == []


def test_after_its_return_everything_is_counted_once_and_proven(story: Story) -> None:
    assert _counted(story.layers) == total(2 * EVENTS)
    [(rows, bad)] = story.layers.rows("SELECT count(*), count(*) FILTER (WHERE NOT ok) FROM proof")
    assert rows > 0
    assert bad == 0
    story.layers.check()


def test_hours_are_compacted_on_hdfs(story: Story) -> None:
    listed = story.layers.rows("SELECT hour, count(*), sum(rows) FROM archive_file WHERE superseded IS NULL"
                               " GROUP BY hour ORDER BY hour")

    assert [(files, rows) for _, files, rows in listed] == [(1, EVENTS), (1, EVENTS)]
    assert len(story.batch.said("hour compacted")) == 2


def test_archived_events_are_shown_from_hdfs(story: Story) -> None:
    paths = [path for (path,) in story.layers.rows("SELECT path FROM archive_file WHERE superseded IS NULL")]

    shown = archived_events(story.root, DEVICES, paths, "id", "user-7")

    assert len(shown) == 2 * EVENTS / 20
    assert {event.values["id"] for event in shown} == {"user-7"}


def test_vacuum_removes_from_hdfs_what_no_row_lists_and_nothing_else(story: Story, hdfs: Stack) -> None:
    archive = Archive(story.root)
    client = Client(hdfs.env()["LAMBDAMETER_HDFS"])
    for name in ("old", "young"):
        client.create(archive.full(f"devices/{name}.parquet")).close()
    two_hours_ago = int(time.time() - 7200) * 1000
    client.set_times(archive.full("devices/old.parquet"), two_hours_ago, two_hours_ago)

    before = {archive.relative(found) for found in archive.list("devices")}

    story.layers.must("batch_layer", "vacuum")

    listed = {path for (path,) in story.layers.rows("SELECT path FROM archive_file")}
    left = {archive.relative(found) for found in archive.list("devices")}
    assert before - left == {"devices/old.parquet"}
    assert left >= listed
