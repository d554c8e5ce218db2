"""Versions of the model: each with its coefficients, the fingerprint of its data, its parameters and its measures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json

from metering.domain.errors import BadSettings, Damaged
from metering.domain.offers import Damage, Model
from metering.sql import statement
from metering.store.connection import only_row

LOGISTIC_REGRESSION = "logistic_regression"


@dataclass(frozen=True)
class Trained:
    """A model, and what it came from: the fingerprint of its data, its parameters, its measures on held-out rows."""

    model: Model
    fingerprint: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]

    def is_made_as(self, other: Trained) -> bool:
        """Whether the same came of the same."""
        return (self.model.sha256, self.fingerprint, dict(self.parameters)) == (
            other.model.sha256, other.fingerprint, dict(other.parameters))


@dataclass(frozen=True)
class ModelVersion:
    """A kept model with its number."""

    version: int
    trained: Trained
    is_current: bool

    @property
    def model(self) -> Model:
        return self.trained.model


def keep_model(cursor: Cursor, trained: Trained) -> tuple[int, bool]:
    """Keep a model as a version; returns its number and whether it is new.

    What equals the latest version in model, data and parameters is that version: nothing is written.
    """
    cursor.execute(statement("ml/latest_model"))
    latest = _version(cursor.fetchone())
    if latest and latest.trained.is_made_as(trained):
        return latest.version, False
    cursor.execute(
        statement("ml/insert_model"),
        {"kind": LOGISTIC_REGRESSION, "coefficients": Json(json.loads(trained.model.content)),
         "sha256": trained.model.sha256, "fingerprint": trained.fingerprint,
         "parameters": Json(dict(trained.parameters)), "metrics": Json(dict(trained.metrics))})
    return int(only_row(cursor)[0]), True


def read_version(cursor: Cursor, version: int) -> ModelVersion:
    """A version by its number. Raises BadSettings where there is none, Damaged where its digest is wrong."""
    cursor.execute(statement("ml/model_of_version"), {"version": version})
    found = _version(cursor.fetchone())
    if found is None:
        raise BadSettings([f"--model {version}: want a version that `python -m ml train` printed"])
    return found


def current_version(cursor: Cursor) -> ModelVersion | None:
    """The version that decides now; None before the first scoring."""
    cursor.execute(statement("ml/current_model"))
    return _version(cursor.fetchone())


def latest_version(cursor: Cursor) -> ModelVersion | None:
    """The newest version; None before the first training."""
    cursor.execute(statement("ml/latest_model"))
    return _version(cursor.fetchone())


def make_current(cursor: Cursor, version: int) -> None:
    """Let `version` be the one current version. A repeat changes nothing."""
    cursor.execute(statement("ml/unmark_current"), {"version": version})
    cursor.execute(statement("ml/mark_current"), {"version": version})


def _version(row: tuple[Any, ...] | None) -> ModelVersion | None:
    if row is None:
        return None
    version, coefficients, sha256, fingerprint, parameters, metrics, is_current = row
    try:
        model = Model.from_json(json.dumps(coefficients | {"sha256": sha256}))
    except (Damage, TypeError) as error:
        raise Damaged(f"model version {version} in PostgreSQL: {error}") from error
    return ModelVersion(version, Trained(model, fingerprint, parameters, metrics), is_current)
