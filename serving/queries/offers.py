"""Who is sent the offer, why, by which model: asked of the plays that PostgreSQL keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metering.domain.features import FEATURES
from metering.domain.offers import Damage, Model
from serving.queries.dimensions import Finality, finality
from serving.queries.snapshot import ask, statement, stream, whole
from serving.ranges import TimeRange

PAGE_ROWS = 50
MOST_VERSIONS = 20

MEANINGS: Mapping[str, str] = {feature.name: feature.meaning for feature in FEATURES}


@dataclass(frozen=True)
class ReasonCount:
    """Plays whose decision has a reason, and the offers among them."""

    reason: str
    plays: int
    offers: int


@dataclass(frozen=True)
class LevelCount:
    """Plays and offers of the customers of a level, as the rollup has them."""

    level: str
    listens: int
    offers: int
    finality: Finality


@dataclass(frozen=True)
class Contribution:
    """A feature as it was used. `part` is coefficient × value; None where its model is not kept."""

    name: str
    meaning: str
    value: float
    part: float | None


@dataclass(frozen=True)
class Offered:
    """A customer's newest offer in the range. `score_age_s` at the moment of the decision."""

    customer_id: str
    level: str
    timestamp: datetime
    probability: float | None
    model_version: int | None
    score_age_s: float | None
    features: str | None

    def why(self, models: Mapping[int, Model]) -> list[Contribution]:
        """The features, those that moved the decision most first."""
        model = models.get(self.model_version or 0)
        by_name = dict(zip(model.features, model.coefficients, strict=True)) if model else {}
        found = [
            Contribution(name, MEANINGS.get(name, name), value, by_name[name] * value if name in by_name else None)
            for name, value in _numbers(self.features).items()]
        return sorted(found, key=lambda one: (-abs(one.part or 0), one.name))


@dataclass(frozen=True)
class ModelVersion:
    """A version of the model with the measures that `ml train` took on its test rows."""

    version: int
    created_at: datetime
    metrics: Mapping[str, Any]
    is_current: bool

    @property
    def calibration(self) -> Sequence[Mapping[str, Any]]:
        return self.metrics.get("calibration") or []


def offer_reasons(chosen: TimeRange) -> list[ReasonCount]:
    """Plays of the range by reason, the most first."""
    return ask(statement("offer_reasons"), _span(chosen), ReasonCount)


def offer_levels(chosen: TimeRange) -> list[LevelCount]:
    """Plays and offers by level, from the 5-minute windows that begin in the range."""
    return ask(
        statement("offer_levels"), _span(chosen),
        lambda level, listens, offers, provisional: LevelCount(
            level, whole(listens), whole(offers), finality(provisional, False)))


def first_offers(chosen: TimeRange) -> dict[str, datetime | None]:
    """Every customer with plays in the range → the first offer in it; None: no offer."""
    return dict(ask(statement("offer_customers"), _span(chosen), lambda customer_id, first_offer: (
        customer_id, first_offer)))


def offered(chosen: TimeRange, page: int = 1, size: int = PAGE_ROWS) -> list[Offered]:
    """A page of the customers who were offered, one row each, the newest offers first."""
    return ask(statement("offered"), {**_span(chosen), "limit": size, "offset": (page - 1) * size}, Offered)


def every_offered(chosen: TimeRange) -> Iterator[Offered]:
    """All pages of `offered`, streamed; within a snapshot."""
    return stream(statement("offered"), {**_span(chosen), "limit": None, "offset": 0}, Offered)


def model_versions(most: int = MOST_VERSIONS) -> list[ModelVersion]:
    """The current version, then the newest others."""
    return ask(statement("model_versions"), {"limit": most}, _version)


def models_of(versions: Iterable[int | None]) -> dict[int, Model]:
    """The models of these versions; one that is not kept, or is no model, is left out."""
    wanted = sorted({version for version in versions if version is not None})
    models: dict[int, Model] = {}
    for version, content in ask(statement("model_contents"), {"versions": wanted}, lambda version, coefficients: (
            version, coefficients)) if wanted else ():
        try:
            models[version] = Model.from_json(content)
        except Damage:
            continue
    return models


def _version(version: int, created_at: datetime, metrics: str, is_current: bool) -> ModelVersion:
    return ModelVersion(version, created_at, json.loads(metrics), is_current)


def _span(chosen: TimeRange) -> dict[str, datetime]:
    return {"start": chosen.start, "end": chosen.end}


def _numbers(text: str | None) -> dict[str, float]:
    """The features of a play; none where its text is not what the stream writes."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return {
        str(name): float(value) for name, value in found.items()
        if isinstance(value, int | float)} if isinstance(found, dict) else {}
