"""The decision: what a score leads to, and everything that keeps it from one."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.offers import Damage, Decision, Model, Reason, Score, decide, predicted, probability

MODEL = Model(("morning", "mobile"), (4.0, -2.0), -1.0, 0.5, "UTC")
NOW_S, MAX_AGE_S = 1_763_900_000.0, 3600.0
FEATURES = {"morning": 0.75, "mobile": 0.5}


def score(**other: object) -> Score:
    given_ = {"features": FEATURES, "probability": probability(MODEL, FEATURES), "model_version": 7,
              "scored_at": NOW_S - 60}
    return Score(**(given_ | other))  # type: ignore[arg-type]


def decided(of: Score, prediction: str | None = "1", model: Model | None = MODEL) -> Decision:
    return decide(of, prediction, lambda version: model if version == 7 else None, NOW_S, MAX_AGE_S)


def test_the_probability_is_the_logistic_of_the_weighted_sum() -> None:
    assert probability(MODEL, FEATURES) == pytest.approx(1 / (1 + math.exp(-(-1 + 4 * 0.75 - 2 * 0.5))), abs=1e-15)
    assert [predicted(MODEL, chance) for chance in (0.5, 0.5000001)] == [0, 1]


@given(st.floats(-1e6, 1e6))
def test_the_probability_never_overflows(intercept: float) -> None:
    chance = probability(Model((), (), intercept, 0.5, "UTC"), {})

    assert 0 <= chance <= 1


def test_a_score_its_model_bears_out_decides() -> None:
    assert decided(score()) == Decision(1, Reason.SCORED, probability(MODEL, FEATURES), 7, 60, FEATURES)


@pytest.mark.parametrize(
    ("of", "prediction", "model", "reason"),
    [
        (score(scored_at=NOW_S - MAX_AGE_S - 1), "1", MODEL, Reason.OLD_SCORE),
        (score(scored_at=NOW_S + 301), "1", MODEL, Reason.BAD_SCORE),
        (score(), "1", None, Reason.NO_MODEL),
        (score(model_version=8), "1", MODEL, Reason.NO_MODEL),
        (score(probability=0.99), "1", MODEL, Reason.BAD_SCORE),
        (score(features={"morning": 0.75}), "1", MODEL, Reason.BAD_SCORE),
        (score(), "0", MODEL, Reason.BAD_SCORE),
        (score(), "banana", MODEL, Reason.BAD_SCORE),
        (score(), None, MODEL, Reason.BAD_SCORE),
    ],
)
def test_anything_that_does_not_agree_sends_nothing(
    of: Score, prediction: str | None, model: Model | None, reason: Reason
) -> None:
    decision = decided(of, prediction, model)

    assert (decision.send_event, decision.reason) == (None, reason)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_a_model_and_a_score_read_back_as_they_were_written(numbers: list[float]) -> None:
    model = Model(("a", "b"), tuple(numbers[:2]), numbers[2], 0.5, "Europe/Madrid")
    of = Score({"a": numbers[0]}, numbers[1], 3, numbers[2])

    assert Model.from_json(model.to_json(3), 3) == Model.from_json(model.content) == model
    assert Score.from_json(of.to_json()) == of


def test_a_model_of_other_bytes_or_another_version_is_damage() -> None:
    text = MODEL.to_json(7)

    for other in (text.replace("-1.0", "-0.9"), text.replace('"UTC"', '"Etc"'), text[:-1], "[]", "{}", "null"):
        with pytest.raises(Damage):
            Model.from_json(other, 7)
    with pytest.raises(Damage, match="version 7, not 8"):
        Model.from_json(text, 8)


@pytest.mark.parametrize("text", [
    "", "nonsense", "[1]", "{}", score().to_json().replace("0.75", '"0.75"'), score().to_json().replace("0.75", "NaN"),
    score().to_json().replace(":7,", ":true,"), json.dumps({"features": 1}), "[" * 100_000,
])  # fmt: skip
def test_what_is_no_score_is_damage(text: str) -> None:
    with pytest.raises(Damage):
        Score.from_json(text)
