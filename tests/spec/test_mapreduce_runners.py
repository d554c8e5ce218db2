"""mrjob's runners that start programs of their own, on two tables of examples: equal peaks, repeats and conflicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.domain.stream import TimeRules
from tests.spec.conftest import needs_mrjob
from tests.spec.engines import MapReduce
from tests.spec.test_service_minute import SPECS, STREAM, Spec, messages_of, named, told

EQUAL_PEAKS, REPEATS = (
    next(spec for spec in SPECS if begins in spec.name) for begins in ("of equal peaks", "a repeat counts once"))


@needs_mrjob
@pytest.mark.parametrize("runner", ["local", "spark"])
@pytest.mark.parametrize("spec", [EQUAL_PEAKS, REPEATS], ids=lambda spec: spec.name)
def test_every_runner_counts_samples(spec: Spec, runner: str, tmp_path: Path) -> None:
    engine = MapReduce(runner, tmp_path)

    answer = engine.count(STREAM, spec.rollup, messages_of(spec.samples), TimeRules())

    minutes, hours = told(spec, spec.minutes), told(spec, spec.hours)
    assert named(spec, answer.windows, minutes) == minutes
    assert named(spec, answer.hours, hours) == hours
    assert (answer.repeats, answer.conflicts) == (spec.repeats, spec.conflicts)
