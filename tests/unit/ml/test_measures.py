"""Measures beside scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from metering.domain.offers import Model
from ml.dataset import Dataset, dataset
from ml.measures import area_under_curve, calibration, log_loss, measures

MODEL = Model(("a",), (4.0,), -2.0, 0.5, "UTC")


def rows(count: int = 400) -> Dataset:
    drawn = np.random.default_rng(5)
    values = drawn.integers(0, 20, count) / 20
    labels = (drawn.random(count) < 1 / (1 + np.exp(2 - 4 * values))).astype(int)
    return dataset(["a"], [f"c{one}" for one in range(count)], labels.tolist(), [[one] for one in values], "UTC")


def test_all_measures_equal_those_of_scikit_learn() -> None:
    test = rows()
    chances = 1 / (1 + np.exp(2 - 4 * test.values[:, 0]))
    said = chances > 0.5

    found = measures(MODEL, test)

    assert found["error"] == pytest.approx(1 - metrics.accuracy_score(test.labels, said))
    assert found["precision"] == pytest.approx(metrics.precision_score(test.labels, said))
    assert found["recall"] == pytest.approx(metrics.recall_score(test.labels, said))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(test.labels, chances))
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(test.labels, chances))
    assert found["majority_error"] == pytest.approx(min(test.labels.mean(), 1 - test.labels.mean()))


def test_what_has_no_meaning_is_none_and_nothing_fails() -> None:
    found = measures(MODEL, dataset(["a"], ["x", "y"], [0, 0], [[0], [0.1]], "UTC"))

    assert (found["precision"], found["recall"], found["auc"], found["error"]) == (None, None, None, 0)


def test_a_sure_and_wrong_chance_costs_much_but_not_everything() -> None:
    assert math.isfinite(log_loss([1, 0], [0.0, 1.0]))


def test_equal_chances_count_half() -> None:
    assert area_under_curve(np.array([0, 1]), np.array([0.3, 0.3])) == 0.5


def test_calibration_counts_every_customer_once_the_sure_ones_too() -> None:
    bins = calibration([0, 1, 1, 0], [0.0, 1.0, 0.05, 0.1])

    assert [one["customers"] for one in bins] == [2, 1, *[0] * 7, 1]
    assert bins[0]["probability"] == pytest.approx(0.025)
    assert bins[0]["clicked"] == 0.5
    assert bins[5]["clicked"] is None
