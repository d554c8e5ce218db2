"""Which model decides after a run: the new one, unless the current one foretells the same rows better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metering.domain.offers import Model
from metering.store.models import ModelVersion, Trained
from ml.dataset import Dataset, dataset
from ml.run import better
from ml.score import misfit

TEST = dataset(["a"], ["w", "x", "y", "z"], [0, 0, 1, 1], [[0.1], [0.2], [0.8], [0.9]], "UTC")
KNOWING = Model(("a",), (20.0,), -10.0, 0.5, "UTC")
INDIFFERENT = Model(("a",), (0.0,), 0.0, 0.5, "UTC")


def kept(number: int, model: Model) -> ModelVersion:
    return ModelVersion(number, Trained(model, "", {}, {}), is_current=False)


@pytest.mark.parametrize(("new", "current", "chosen"), [
    (KNOWING, INDIFFERENT, 2), (INDIFFERENT, KNOWING, 1), (KNOWING, KNOWING, 2), (INDIFFERENT, None, 2),
    # Asked in other features or hours there is nothing to compare.
    (INDIFFERENT, replace(KNOWING, features=("gone",)), 2), (INDIFFERENT, replace(KNOWING, zone="Europe/Madrid"), 2)])
def test_the_model_that_is_not_worse_is_chosen(new: Model, current: Model | None, chosen: int) -> None:
    found = better(kept(2, new), current and kept(1, current), TEST)

    assert found.version == chosen


@pytest.mark.parametrize(("rows", "told"), [
    (TEST, ""), (dataset(["b"], ["x"], [0], [[1]], "UTC"), "wants the features a"),
    (dataset(["a"], ["x"], [0], [[1]], "Europe/Madrid"), "'UTC', the features do in 'Europe/Madrid'")])
def test_a_misfit_says_what_does_not_fit(rows: Dataset, told: str) -> None:
    assert told in misfit(kept(1, KNOWING), rows)
