"""Training: Spark's logistic regression on one partition of ordered rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession

from metering.domain.errors import BadSettings
from metering.domain.offers import Model
from metering.store.models import Trained
from ml.dataset import TRAINING_SHARE, Dataset
from ml.measures import measures

RIDGE = 1e-4
"""Penalty on the coefficients of standardised features. The four shares of the day add up to 1, so that without one
any constant could move between them and the intercept (docs/adr/0014)."""

TOLERANCE = 1e-10
MOST_STEPS = 1000


class NothingToLearn(BadSettings):
    """The rows do not hold what a model is made from."""


def train(
    session: SparkSession, rows: Dataset, *, seed: int, threshold: float, source: str, until: datetime | None = None
) -> Trained:
    """Train on 70 % of the rows, measure on the rest. The same rows, seed and threshold give the same bytes.

    Raises NothingToLearn where a label is missing among the rows to train with, or no row is left to test with.
    """
    training, test = rows.split(seed)
    check(training, test)
    model = fit(session, training, threshold)
    sizes = {"all": len(rows.ids), "training": len(training.ids)}
    return Trained(
        model, rows.fingerprint, _parameters(seed, threshold, source, until), sizes | measures(model, test))


def check(training: Dataset, test: Dataset) -> None:
    """Raise NothingToLearn, saying what is wanted."""
    found = {int(label): int((training.labels == label).sum()) for label in (0, 1)}
    if not all(found.values()) or not len(test.ids):
        raise NothingToLearn([
            f"to train: {found[1]} customers who clicked and {found[0]} who did not, to test: {len(test.ids)}; "
            "want at least one of each: more plays and clicks, or another --seed"])


def fit(session: SparkSession, training: Dataset, threshold: float) -> Model:
    """The ridge regression of all rows."""
    regression = LogisticRegression(
        regParam=RIDGE, elasticNetParam=0.0, standardization=True, tol=TOLERANCE, maxIter=MOST_STEPS,
        family="binomial", featuresCol="features", labelCol="label")
    fitted = regression.fit(ordered_frame(session, training))
    # Adding 0 turns -0.0 into 0.0, which is what PostgreSQL gives back.
    coefficients = tuple(float(one) + 0.0 for one in fitted.coefficients)
    return Model(training.names, coefficients, float(fitted.intercept) + 0.0, threshold, training.zone)


def ordered_frame(session: SparkSession, rows: Dataset) -> DataFrame:
    """label and features in one partition, in the rows' order: sums are added in the same order on any machine."""
    table = pa.table({
        "row": pa.array(range(len(rows.ids)), pa.int64()),
        "label": pa.array(rows.labels.astype(float)),
        "features": pa.array(rows.values.tolist(), pa.list_(pa.float64())),
    })
    one = session.createDataFrame(table).repartition(1).sortWithinPartitions("row")
    return one.select("label", array_to_vector("features").alias("features"))


def _parameters(seed: int, threshold: float, source: str, until: datetime | None) -> Mapping[str, Any]:
    return {
        "seed": seed, "threshold": threshold, "ridge": RIDGE, "tolerance": TOLERANCE, "most_steps": MOST_STEPS,
        "training_share": TRAINING_SHARE, "source": source, "until": until and until.isoformat(),
    }
