"""The streaming job by conf/submit-speed-layer.sh: it counts what `python -m speed_layer` counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from local_stack import Stack
from tests.lib import mission_hour
from tests.lib.layers import Deployment, deployed, finished
from tests.lib.programs import ROOT

pytestmark = pytest.mark.stack

SCRIPT = ROOT / "conf" / "submit-speed-layer.sh"


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    settings = {"LAMBDAMETER_MAX_AGE_DAYS": "0", "LAMBDAMETER_PYTHON": sys.executable}
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("submitted"), **settings) as layers:
        yield layers


def test_the_script_is_plain_sh() -> None:
    subprocess.run(["sh", "-n", str(SCRIPT)], check=True)


def test_spark_submit_counts_the_published_hour(layers: Deployment) -> None:
    layers.send(mission_hour.published_hour())

    done = finished(layers.start_command([str(SCRIPT), "--once"]))

    assert done.status == 0, done.text
    served = layers.rows("SELECT type, id, value FROM usage_hourly WHERE timestamp = %s", mission_hour.HOUR)
    assert {(kind, key): value for kind, key, value in served} == mission_hour.EXPECTED
    layers.check()


def test_spark_submit_hands_on_the_exit_status(layers: Deployment) -> None:
    done = finished(layers.start_command([str(SCRIPT), "--once"], DATABASE_URL="nowhere"))

    assert done.status == 2
    assert done.said("DATABASE_URL", "want postgresql://")
