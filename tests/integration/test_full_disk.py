"""The archive's disk full: the streaming job waits, says so, and counts all once there is room; the batch layer
publishes all the same.

The disk is a small one in memory, seen by the job alone: mounted in a namespace of its own.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until

pytestmark = pytest.mark.stack

SMALL_DISK_BYTES = 2 * 2**20
IN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
MOUNT_AND_FILL = (
    'mount -t tmpfs -o size=2m none "$0" && { head -c 4m /dev/zero > "$0/ballast" 2>/dev/null; exec "$@"; }')


def allowed(folder: Path) -> bool:
    """Whether this machine lets us mount a small disk of our own."""
    try:
        return subprocess.run([*IN_NAMESPACE, 'mount -t tmpfs none "$0"', str(folder)], check=False,
                              capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("full")
    if not allowed(folder):
        pytest.skip("this machine forbids user namespaces with mounts")
    settings = {"LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0"}
    with deployed(stack, migrated_template, folder, **settings) as layers:
        layers.archive.mkdir()
        yield layers


@pytest.fixture(scope="module")
def job(layers: Deployment) -> Running:
    """The streaming job on its full disk, with something to count; from here on we see the archive as it does."""
    layers.generate("--past", "2h", "--events", "3000", "--seed", "3")
    job = layers.start_command(
        [*IN_NAMESPACE, MOUNT_AND_FILL, str(layers.archive), sys.executable, "-m", "speed_layer"])
    layers.settings["LAMBDAMETER_ARCHIVE"] = f"/proc/{job.pid}/root{layers.archive}"
    return job


def fill(file: Path) -> None:
    """Fill the small disk to its last byte; never more, should the path lead to another disk after all."""
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        for _ in range(SMALL_DISK_BYTES // 4096 + 1):
            ballast.write(bytes(4096))
        pytest.fail(f"{file} is not on the small disk")


def test_a_full_disk_is_waited_for_in_clear_words_and_nothing_is_lost(layers: Deployment, job: Running) -> None:
    said = job.wait_for("a service is away, trying again", times=2)

    assert f"the archive {layers.folder / 'archive'} cannot be written" in said["why"]
    assert "No space left on device" in said["why"]
    assert layers.rows("SELECT coalesce(sum(next_offset - first_offset), 0) FROM stream_offset") == [(0,)]
    assert layers.rows("SELECT count(*) FROM archive_file") == [(0,)]
    assert job.traces == []

    (layers.archive / "ballast").unlink()
    until(lambda: layers.lag() == 0, "all is counted once there is room")
    layers.check()


def test_the_batch_layer_publishes_on_a_full_disk_and_says_what_it_left_undone(
    layers: Deployment, job: Running
) -> None:
    fill(layers.archive / "ballast")
    unfinished = set(layers.archive.rglob("*.part"))

    done = layers.run("batch_layer")

    assert done.status == 0, done.text
    assert done.said("not compacted", "No space left on device")
    assert layers.rows("SELECT count(*) FROM bytes") == [(0,)]
    layers.check()
    assert set(layers.archive.rglob("*.part")) == unfinished
    job.signal(signal.SIGTERM)
    assert job.wait(60) == 0
