"""The archive's disk full: the streaming job waits, says so, and counts all once there is room.

The disk is a small one in memory, seen by the job alone: mounted in a namespace of its own.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until

pytestmark = pytest.mark.stack

IN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
MOUNT_AND_FILL = (
    'mount -t tmpfs -o size=2m none "$0" && { cat /dev/zero > "$0/ballast" 2>/dev/null; exec "$@"; }')


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
    with deployed(stack, migrated_template, folder, LAMBDAMETER_SLICE_S="0.5") as layers:
        layers.archive.mkdir()
        yield layers


def start_on_a_full_disk(layers: Deployment) -> tuple[Running, Path]:
    """The job, and its archive as it is seen from here."""
    job = layers.start_command(
        [*IN_NAMESPACE, MOUNT_AND_FILL, str(layers.archive), sys.executable, "-m", "speed_layer"])
    return job, Path(f"/proc/{job.pid}/root{layers.archive}")


def test_a_full_disk_is_waited_for_in_clear_words_and_nothing_is_lost(layers: Deployment) -> None:
    layers.generate("--past", "1h", "--events", "3000", "--seed", "3")

    job, archive = start_on_a_full_disk(layers)
    said = job.wait_for("a service is away, trying again", times=2)

    assert f"the archive {layers.archive} cannot be written" in said["why"]
    assert "No space left on device" in said["why"]
    assert layers.rows("SELECT count(*) FROM stream_offset") == [(0,)]
    assert layers.rows("SELECT count(*) FROM archive_file") == [(0,)]
    assert "Traceback" not in job.text

    (archive / "ballast").unlink()
    until(lambda: layers.lag() == 0, "all is counted once there is room")
    layers.settings["LAMBDAMETER_ARCHIVE"] = str(archive)
    layers.check()
    assert not list(archive.rglob("*.part"))
    job.signal(signal.SIGTERM)
    assert job.wait(60) == 0
