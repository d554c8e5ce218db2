"""Drill 2 in its short form: a kill in each layer, a second copy, a moved offset, a seal beside a slice.

`make drills NAME=failpoints` is the long one: each failpoint twice, compared with an undisturbed count.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from local_stack import Stack
from tests.drills.failpoints import DRILL
from tests.drills.stage import play

pytestmark = pytest.mark.stack

SEED = 7


def test_kills_in_both_layers_leave_every_event_counted_once(
    stack: Stack, migrated_template: str, tmp_path: Path
) -> None:
    record = play(DRILL, stack, migrated_template, tmp_path, seed=SEED, short=True)

    assert record.passed, (record.failures, record.fault)
