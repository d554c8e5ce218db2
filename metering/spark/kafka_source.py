"""Kafka as Spark reads it: every record of the named topics, from offsets we name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from metering.domain.places import PARTITIONS
from metering.settings import KafkaSettings

COLUMNS = ("value", "topic", "partition", "offset", "timestamp")


def read_topics(
    session: SparkSession, kafka: KafkaSettings, offsets: Mapping[str, Mapping[int, int]], *, rows: int
) -> DataFrame:
    """A streaming frame of COLUMNS, from `offsets` (topic → partition → first offset), at most `rows` a slice.

    A group id is never set: offsets live in PostgreSQL. Uncommitted records of transactions are not read.
    """
    starting = {topic: {str(number): at for number, at in places.items()} for topic, places in offsets.items()}
    reader = (
        session.readStream.format("kafka")
        .option("subscribe", ",".join(sorted(offsets)))
        .option("startingOffsets", json.dumps(starting))
        .option("maxOffsetsPerTrigger", str(rows))
        .option("failOnDataLoss", "true")
        .option("kafkaConsumer.pollTimeoutMs", "30000")
        .option("kafka.isolation.level", "read_committed")
        .option("kafka.request.timeout.ms", "15000")
        .option("kafka.default.api.timeout.ms", "20000")
        # Whole segments of a partition come in few fetches: half the round trips of the defaults.
        .option("kafka.max.partition.fetch.bytes", str(8 * 2**20))
        .option("kafka.max.poll.records", "10000")
    )
    for name, value in security_options(kafka).items():
        reader = reader.option(f"kafka.{name}", value)
    return reader.load().select(*COLUMNS)


def placed(frame: DataFrame, topics: Sequence[str]) -> DataFrame:
    """A frame of COLUMNS as arrow.placed wants it: the topic's place in `topics` and the partition as one number."""
    place = _number(topics) * PARTITIONS + F.col("partition")
    return frame.select("value", place.alias("place"), "offset", "timestamp")


def _number(topics: Sequence[str]) -> Column:
    first, *others = enumerate(topics)
    number = F.when(F.col("topic") == first[1], first[0])
    for place, topic in others:
        number = number.when(F.col("topic") == topic, place)
    return number


def security_options(kafka: KafkaSettings) -> dict[str, str]:
    """What Kafka's client has to be told to reach the brokers, by its own names."""
    options = {"bootstrap.servers": kafka.bootstrap_servers, "security.protocol": kafka.security_protocol}
    if kafka.sasl_mechanism:
        options["sasl.mechanism"] = kafka.sasl_mechanism
        options["sasl.jaas.config"] = _jaas(kafka)
    if kafka.ssl_cafile:
        options["ssl.truststore.type"] = "PEM"
        options["ssl.truststore.location"] = kafka.ssl_cafile
    return options


def _jaas(kafka: KafkaSettings) -> str:
    scram = (kafka.sasl_mechanism or "").startswith("SCRAM")
    module = "scram.ScramLoginModule" if scram else "plain.PlainLoginModule"
    username, password = (_quoted(text or "") for text in (kafka.sasl_username, kafka.sasl_password))
    return f"org.apache.kafka.common.security.{module} required username={username} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
