"""The rule by which plays lead to a click on the label ad, and what it means for any model: the best error there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metering.domain.features import FEATURES
from producers.audience.features import Habits

INTERCEPT = -23.5
WEIGHTS = {"morning": -6.0, "evening": 4.0, "night": 21.0, "mobile": 16.0, "distinct_tracks": -12.0}
"""By the features' names; a feature that is not here has no bearing on a click."""


@dataclass(frozen=True)
class Chances:
    """Each customer's features that count, and the chance of a click on the label ad.

    The chance is 1 / (1 + e^-z), z = INTERCEPT + Σ weight · feature. A customer without plays (`has_plays` false) has
    no features and no chance.
    """

    features: dict[str, NDArray[np.float64]]
    has_plays: NDArray[np.bool_]
    chance: NDArray[np.float64]


def chances(habits: Habits) -> Chances:
    features = {feature.name: habits.of(feature) for feature in FEATURES if feature.name in WEIGHTS}
    z = INTERCEPT + sum(WEIGHTS[name] * values for name, values in features.items())
    has_plays = habits.counts > 0
    return Chances(features, has_plays, np.where(has_plays, 1 / (1 + np.exp(-np.clip(z, -700, 700))), 0.0))


@dataclass(frozen=True)
class Figures:
    """Of the customers with plays. `best_error`: what the best possible model has on average, for it knows the rule.

    `best_here`: what it has with these very clicks. `majority_error`: that of saying the same to all.
    """

    customers: int
    clickers: int
    sure_clickers: int
    clicker_share: float
    majority_error: float
    best_error: float
    best_here: float


def figures(drawn: Chances, clicked: NDArray[np.bool_]) -> Figures:
    chance, took = drawn.chance[drawn.has_plays], clicked[drawn.has_plays]
    if not len(chance):
        return Figures(0, 0, 0, 0.0, 0.0, 0.0, 0.0)
    share = float(took.mean())
    return Figures(
        customers=len(chance),
        clickers=int(took.sum()),
        sure_clickers=int((chance > 0.5).sum()),
        clicker_share=share,
        majority_error=min(share, 1 - share),
        best_error=float(np.minimum(chance, 1 - chance).mean()),
        best_here=float(((chance > 0.5) != took).mean()),
    )
