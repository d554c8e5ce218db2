"""Scoring: every customer's prediction to Redis, as one run."""

from __future__ import annotations

from collections.abc import Mapping

import redis

from metering.domain.errors import BadSettings
from metering.domain.offers import Score, predicted, probability
from metering.redis.scores import publish_scores
from metering.store.models import ModelVersion, make_current
from ml.dataset import Dataset
from ml.sources import Transaction


def check_fit(version: ModelVersion, rows: Dataset) -> None:
    """Raise BadSettings where the model was made from other features, or from hours of another zone."""
    if fault := misfit(version, rows):
        raise BadSettings([f"model version {version.version} {fault}"])


def misfit(version: ModelVersion, rows: Dataset) -> str:
    """Why the model cannot be asked about these rows; empty where it can."""
    missing = [name for name in version.model.features if name not in rows.names]
    if missing:
        return f"wants the features {', '.join(missing)}, which were not counted: train one with `python -m ml train`"
    if version.model.zone != rows.zone:
        return f"counts hours in {version.model.zone!r}, the features do in {rows.zone!r}: train one, or give that --tz"
    return ""


def scores(version: ModelVersion, rows: Dataset, now_s: float) -> dict[str, tuple[str, str]]:
    """Customer id → the prediction, "1" or "0", and the score's JSON, made at `now_s` (epoch seconds)."""
    by_customer = zip(rows.ids, rows.features(), strict=True)
    return {customer: _score(version, features, now_s) for customer, features in by_customer}


def _score(version: ModelVersion, features: Mapping[str, float], now_s: float) -> tuple[str, str]:
    used = {name: features[name] for name in version.model.features}
    chance = probability(version.model, used)
    return str(predicted(version.model, chance)), Score(used, chance, version.version, now_s).to_json()


def publish(
    client: redis.Redis, transaction: Transaction, version: ModelVersion, scored: Mapping[str, tuple[str, str]]
) -> int:
    """Publish a run to Redis and make its model current; gives the number of customers.

    The mark is committed only after Redis has the run, so a Redis that is away changes nothing.
    """
    with transaction() as cursor:
        make_current(cursor, version.version)
        return publish_scores(client, version.model.to_json(version.version), scored, version.version)
