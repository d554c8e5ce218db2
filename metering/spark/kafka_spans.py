"""Spans of offsets read from Kafka once more."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession

from metering.domain.archive_file import RowSpan
from metering.settings import KafkaSettings
from metering.spark.kafka_source import COLUMNS, security_options


def read_spans(
    session: SparkSession, kafka: KafkaSettings, topic: str, spans: Mapping[int, RowSpan]
) -> DataFrame:
    """A frame of the columns that the stream reads, of the committed records in the spans of each partition.

    Evaluating it fails where Kafka holds the first record of a span no longer.
    """
    starts = {str(partition): span.first for partition, span in spans.items()}
    ends = {str(partition): span.last + 1 for partition, span in spans.items()}
    reader = (
        session.read.format("kafka")
        .option("assign", json.dumps({topic: sorted(spans)}))
        .option("startingOffsets", json.dumps({topic: starts}))
        .option("endingOffsets", json.dumps({topic: ends}))
        .option("failOnDataLoss", "true")
        .option("kafkaConsumer.pollTimeoutMs", "30000")
        .option("kafka.isolation.level", "read_committed")
    )
    for name, value in security_options(kafka).items():
        reader = reader.option(f"kafka.{name}", value)
    return reader.load().select(*COLUMNS)
