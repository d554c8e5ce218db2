"""How good a model is on rows it has not seen, in plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from metering.domain.offers import Model, predicted, probability
from ml.dataset import Dataset

BINS = 10

_SURE = 1e-15
"""A chance is taken to lie at least this far from 0 and 1: the loss of one row stays finite."""


def probabilities(model: Model, rows: Dataset) -> list[float]:
    """Each row's probability, by the arithmetic of the stream. Raises Damage where a feature is missing."""
    return [probability(model, features) for features in rows.features()]


def measures(model: Model, test: Dataset) -> dict[str, Any]:
    """The measures of `model` on `test`; None where one has no meaning, such as the precision of no prediction."""
    chances, labels = probabilities(model, test), test.labels.tolist()
    said = [predicted(model, chance) for chance in chances]
    hits = sum(one and label for one, label in zip(said, labels, strict=True))
    ones = sum(labels)
    return {
        "test": len(labels),
        "positives": ones,
        "error": sum(one != label for one, label in zip(said, labels, strict=True)) / len(labels),
        "majority_error": min(ones, len(labels) - ones) / len(labels),
        "precision": hits / sum(said) if sum(said) else None,
        "recall": hits / ones if ones else None,
        "log_loss": log_loss(labels, chances),
        "auc": area_under_curve(test.labels, np.array(chances)),
        "calibration": calibration(labels, chances),
    }


def log_loss(labels: Sequence[int], chances: Sequence[float]) -> float:
    """The mean of -log(chance given to what came)."""
    given = (chance if label else 1 - chance for label, chance in zip(labels, chances, strict=True))
    return -math.fsum(math.log(max(one, _SURE)) for one in given) / len(labels)


def area_under_curve(labels: npt.NDArray[np.int64], chances: npt.NDArray[np.float64]) -> float | None:
    """The share of pairs of a 1 and a 0 in which the 1 has the greater chance; an equal pair counts half."""
    zeros, ones = np.sort(chances[labels == 0]), chances[labels == 1]
    if not len(zeros) or not len(ones):
        return None
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.sum()) / (2 * len(zeros) * len(ones))


def calibration(labels: Sequence[int], chances: Sequence[float]) -> list[dict[str, Any]]:
    """Ten bins of equal width: how many customers, what was said of them on average, what share clicked."""
    bins = [min(int(chance * BINS), BINS - 1) for chance in chances]
    told = []
    for number in range(BINS):
        rows = zip(bins, chances, labels, strict=True)
        inside = [(chance, label) for place, chance, label in rows if place == number]
        count = len(inside)
        told.append({
            "from": number / BINS, "to": (number + 1) / BINS, "customers": count,
            "probability": math.fsum(chance for chance, _ in inside) / count if count else None,
            "clicked": sum(label for _, label in inside) / count if count else None,
        })
    return told
