"""Whether a customer is sent the offer: one arithmetic for the stream, the scoring run and the replay of decisions."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

SECONDS_AHEAD = 300
"""How far a score's time may lie ahead of ours: clocks differ."""


class Damage(ValueError):
    """A model or a score that is not what was written."""


@dataclass(frozen=True)
class Model:
    """A logistic regression. `zone`: the IANA zone whose hours its features were counted in."""

    features: tuple[str, ...]
    coefficients: tuple[float, ...]
    intercept: float
    threshold: float
    zone: str

    def __post_init__(self) -> None:
        numbers = (*self.coefficients, self.intercept, self.threshold)
        if len(self.features) != len(self.coefficients) or not all(map(math.isfinite, numbers)):
            raise Damage("a model needs one finite coefficient for each feature")

    @property
    def content(self) -> str:
        """The canonical JSON of all that decides: the same model has the same bytes."""
        return canonical({
            "features": self.features, "coefficients": self.coefficients, "intercept": self.intercept,
            "threshold": self.threshold, "zone": self.zone,
        })  # fmt: skip

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content.encode()).hexdigest()

    def to_json(self, version: int) -> str:
        """The model as it lies in Redis, with its version and the digest of its content."""
        return canonical(json.loads(self.content) | {"sha256": self.sha256, "version": version})

    @classmethod
    def from_json(cls, text: str, version: int | None = None) -> Model:
        """The model that `to_json` or `content` wrote. Raises Damage for anything else, or another version's."""
        found = _object(text)
        try:
            model = cls(
                tuple(map(str, found["features"])), tuple(map(float, found["coefficients"])),
                float(found["intercept"]), float(found["threshold"]), str(found["zone"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Damage(f"not a model: {error!r}") from error
        if found.get("sha256", model.sha256) != model.sha256:
            raise Damage("the model's digest is not that of its content")
        if version is not None and found.get("version") != version:
            raise Damage(f"the model of version {found.get('version')!r}, not {version}")
        return model


@dataclass(frozen=True)
class Score:
    """What a scoring run says of a customer. `scored_at`: epoch seconds, UTC."""

    features: Mapping[str, float]
    probability: float
    model_version: int
    scored_at: float

    def to_json(self) -> str:
        return canonical({
            "features": dict(self.features), "probability": self.probability, "model_version": self.model_version,
            "scored_at": self.scored_at,
        })  # fmt: skip

    @classmethod
    def from_json(cls, text: str) -> Score:
        """The score that `to_json` wrote. Raises Damage for anything else."""
        found = _object(text)
        try:
            features = {str(name): _number(value) for name, value in dict(found["features"]).items()}
            version = found["model_version"]
            if type(version) is not int:
                raise TypeError("model_version")
            return cls(features, _number(found["probability"]), version, _number(found["scored_at"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Damage(f"not a score: {error!r}") from error


def probability(model: Model, features: Mapping[str, float]) -> float:
    """The chance of a click: 1 / (1 + e^-z), z = intercept + Σ coefficient · feature, added in the model's order.

    Raises Damage where a feature is missing.
    """
    z = model.intercept
    for name, coefficient in zip(model.features, model.coefficients, strict=True):
        if name not in features:
            raise Damage(f"no feature {name!r}")
        z += coefficient * features[name]
    # Each form where its exponential cannot overflow.
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def predicted(model: Model, chance: float) -> int:
    """1 where the chance is above the model's threshold."""
    return int(chance > model.threshold)


class Reason(Enum):
    """Why a play has the decision it has; all but SCORED mean no decision, and no offer."""

    SCORED = "scored"
    NO_CUSTOMER = "no_customer"
    BAD_CUSTOMER = "bad_customer"
    NO_SCORE = "no_score"
    OLD_SCORE = "old_score"
    BAD_SCORE = "bad_score"
    NO_MODEL = "no_model"
    REDIS_AWAY = "redis_away"


@dataclass(frozen=True)
class Decision:
    """Whether to send the offer (1 or 0; None: no decision), why, and all it was made from."""

    send_event: int | None
    reason: Reason
    probability: float | None = None
    model_version: int | None = None
    score_age_s: float | None = None
    features: Mapping[str, float] | None = None

    @classmethod
    def none(cls, reason: Reason) -> Decision:
        return cls(None, reason)


def decide(
    score: Score, prediction: str | None, model_of: Callable[[int], Model | None], now_s: float, max_age_s: float
) -> Decision:
    """The decision that a score leads to at `now_s` (epoch seconds).

    A score that is too old, or that its model, its probability and the published `prediction` do not all bear
    out, decides nothing. Calling it again with the same arguments gives the same.
    """
    age_s = now_s - score.scored_at
    if age_s > max_age_s:
        return Decision(None, Reason.OLD_SCORE, None, score.model_version, age_s)
    if age_s < -SECONDS_AHEAD:
        return Decision.none(Reason.BAD_SCORE)
    model = model_of(score.model_version)
    if model is None:
        return Decision(None, Reason.NO_MODEL, None, score.model_version, age_s)
    try:
        chance = probability(model, score.features)
    except Damage:
        return Decision.none(Reason.BAD_SCORE)
    if chance != score.probability or prediction != str(predicted(model, chance)):
        return Decision.none(Reason.BAD_SCORE)
    return Decision(predicted(model, chance), Reason.SCORED, chance, score.model_version, age_s, score.features)


def canonical(content: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; doubles in the shortest form that reads back the same."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damage("not JSON") from error
    if not isinstance(found, dict):
        raise Damage("not a JSON object")
    return found


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} for a number")
    return float(value)
