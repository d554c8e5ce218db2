"""The rule holds: who clicks follows from the stated chances, and the figures are those of the chances."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metering.domain.features import FEATURES, LABEL_AD, Play, features_of
from producers.audience.audience import Audience, draw
from producers.audience.clicks import ADS, LABEL_ADS
from producers.audience.rule import INTERCEPT, WEIGHTS, Chances, figures
from tests.unit.producers.audience.plans import a_plan


@pytest.fixture(scope="module")
def audience() -> Audience:
    """The default size."""
    return draw(a_plan(customers=5_000, plays=200_000))


def test_a_chance_is_the_rule_of_the_reference_features() -> None:
    plan = a_plan(customers=30, plays=900, zone="Europe/Madrid")
    audience = draw(plan)
    plays = audience.plays
    for who in range(30):
        own = [
            Play(int(plays.time_s[row]) * 1_000_000, str(plays.track[row]), int(plays.is_mobile[row]))
            for row in np.flatnonzero(plays.who == who)]
        features = features_of(own, plan.zone)

        z = INTERCEPT + sum(weight * features[name] for name, weight in WEIGHTS.items())

        assert audience.drawn.chance[who] == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-9)


def test_every_weight_is_of_a_declared_feature() -> None:
    assert set(WEIGHTS) <= {feature.name for feature in FEATURES}


def test_in_every_decile_of_those_in_doubt_as_many_click_as_their_chances_say(audience: Audience) -> None:
    chance, clicked = audience.drawn.chance, audience.clicked
    order = np.flatnonzero(chance > 0.01)
    order = order[np.argsort(chance[order])]

    for decile in np.array_split(order, 10):
        spread = math.sqrt(float((chance[decile] * (1 - chance[decile])).sum()))
        assert abs(clicked[decile].sum() - chance[decile].sum()) <= 4 * spread + 1


def test_the_best_reachable_error_is_about_a_percent_at_a_few_percent_of_clickers(audience: Audience) -> None:
    found = audience.figures

    assert 0.007 < found.best_error < 0.014
    assert 0.02 < found.clicker_share < 0.05
    assert found.best_error < found.majority_error / 2
    assert found.sure_clickers > 100
    assert found.best_here == pytest.approx(found.best_error, abs=0.006)


def test_figures_follow_from_the_chances() -> None:
    drawn = Chances({}, np.array([True, True, True, True, False]), np.array([0.9, 0.2, 0.0, 0.5, 0.0]))

    found = figures(drawn, np.array([False, True, False, False, False]))

    assert (found.customers, found.clickers, found.sure_clickers) == (4, 1, 1)
    assert found.clicker_share == found.majority_error == 0.25
    assert found.best_error == pytest.approx((0.1 + 0.2 + 0.0 + 0.5) / 4)
    assert found.best_here == 0.5


def test_who_clicked_the_label_ad_is_who_has_a_click_on_it(audience: Audience) -> None:
    clicks = audience.clicks
    label = [LABEL_AD in ADS[ad] for ad in clicks.ad.tolist()]

    takers = {who for who, is_label in zip(clicks.who.tolist(), label, strict=True) if is_label}

    assert takers == set(np.flatnonzero(audience.clicked).tolist())
    assert [LABEL_AD in ad for ad in ADS] == [number < LABEL_ADS for number in range(len(ADS))]


def test_other_ads_are_clicked_by_all_kinds_of_customers(audience: Audience) -> None:
    others = np.unique(audience.clicks.who[audience.clicks.ad >= LABEL_ADS])

    share = np.mean(np.isin(np.arange(5_000), others))
    share_of_takers = np.mean(np.isin(np.flatnonzero(audience.clicked), others))

    assert 0.15 < share < 0.21
    assert share_of_takers == pytest.approx(share, abs=0.1)
