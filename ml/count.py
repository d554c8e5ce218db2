"""The features and labels of all customers who played something."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

from metering.domain.features import FEATURES
from ml.archive_rows import without_faults
from ml.dataset import Dataset, dataset
from ml.features import clickers, count_features
from ml.folder import Features
from ml.sources import Source
from ml.span import Span
from ml.train import NothingToLearn

NAMES = tuple(feature.name for feature in FEATURES)


def count(session: SparkSession, source: Source, zone: str, until: datetime | None) -> Features:
    """Count by Spark SQL; rows are in the order of the customer ids.

    With `until` the features come of the plays before it and the label of the clicks from it on: what is learned from
    never follows what is to be foretold. Without it both come of everything there is. Raises NothingToLearn where
    nobody played anything, Damaged for a file that is not as listed.
    """
    plays = count_features(source.plays(session, Span(end=until)), zone).toArrow()
    clicked = clickers(source.clicks(session, Span(start=until))).toArrow()
    counted = without_faults(plays).sort_by("customer_id")
    labelled = without_faults(clicked)["customer_id"]
    if not counted.num_rows:
        raise NothingToLearn(["no plays to count features from: want some in `listens`, before --until if it is given"])
    return Features(_rows(counted, labelled, zone), until)


def _rows(counted: pa.Table, labelled: pa.ChunkedArray, zone: str) -> Dataset:
    label = pc.is_in(counted["customer_id"], value_set=labelled.combine_chunks()).cast(pa.int64())
    values = list(zip(*(counted[name].to_pylist() for name in NAMES), strict=True))
    return dataset(NAMES, counted["customer_id"].to_pylist(), label.to_pylist(), values, zone)
