"""The drills that have a short form, in it: every invariant with few events. `make drills` plays them in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_stack import Stack
from tests.drills.drill import Drill
from tests.drills.registry import ALL
from tests.drills.stage import play

pytestmark = pytest.mark.stack

SEED = 7
ELSEWHERE = ("failpoints",)
"""Has a test of its own, in test_kills."""

SHORT = [drill for drill in ALL if drill.short and drill.name not in ELSEWHERE]


@pytest.mark.parametrize("drill", SHORT, ids=lambda drill: drill.name)
def test_a_drill_in_its_short_form_leaves_every_event_where_it_belongs(
    drill: Drill, stack: Stack, migrated_template: str, tmp_path: Path
) -> None:
    record = play(drill, stack, migrated_template, tmp_path, seed=SEED, short=True)

    assert record.passed, (record.failures, record.fault)
