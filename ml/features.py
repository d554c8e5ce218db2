"""The declared features as Spark SQL. Every number is a count by a count, so the answer has no rounding of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from metering.domain.features import (
    FEATURES,
    LABEL_AD,
    DistinctTracks,
    Feature,
    HoursShare,
    MobileShare,
    WeekdaysShare,
)

FAULTS = ("damage", "away")
"""Columns beside the rows: why a file could not be read. Such a row has no customer."""


def count_features(plays: DataFrame, zone: str, features: Sequence[Feature] = FEATURES) -> DataFrame:
    """customer_id, a column a feature (double), and the faults, which lie under the customer NULL.

    `plays`: customer_id, timestamp, track_id, is_mobile, the faults; each play once. The session's zone must be UTC.
    """
    local = plays.withColumn("local_time", F.from_utc_timestamp("timestamp", zone))
    return local.groupBy("customer_id").agg(
        *(counted(feature).alias(feature.name) for feature in features), *(F.max(name).alias(name) for name in FAULTS))


def clickers(clicks: DataFrame) -> DataFrame:
    """The customers who clicked the labelled ad at least once, and the faults."""
    wanted = F.col("ad").contains(LABEL_AD) | F.col("customer_id").isNull()
    return clicks.filter(wanted).groupBy("customer_id").agg(*(F.max(name).alias(name) for name in FAULTS))


@singledispatch
def counted(feature: Feature) -> Column:
    """How a customer's feature is counted over the rows of all plays."""
    raise TypeError(f"no Spark SQL for {feature!r}")


@counted.register
def _(feature: HoursShare) -> Column:
    return _share(F.hour("local_time").isin(*feature.hours))


@counted.register
def _(feature: WeekdaysShare) -> Column:
    # Spark's weekday begins with 0 for Monday, ISO's with 1.
    return _share((F.weekday("local_time") + 1).isin(*feature.days))


@counted.register
def _(feature: MobileShare) -> Column:
    return F.sum("is_mobile") / F.count(F.lit(1))


@counted.register
def _(feature: DistinctTracks) -> Column:
    return F.count_distinct("track_id") / F.count(F.lit(1))


def _share(condition: Column) -> Column:
    return F.count_if(condition) / F.count(F.lit(1))
