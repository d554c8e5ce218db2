"""The clients by name."""

from __future__ import annotations

from metering.domain.errors import BadSettings
from metering.settings import KafkaSettings
from producers.sending.kafka_python import KafkaPythonSender
from producers.sending.sender import Sender

CLIENTS = ("kafka-python", "confluent")


def open_sender(client: str, kafka: KafkaSettings) -> Sender:
    """Connect. Raises ServiceAway, and BadSettings where the extra for bulk is not installed."""
    if client == "kafka-python":
        return KafkaPythonSender(kafka)
    try:
        from producers.sending.confluent import ConfluentSender  # an extra: only who asks for it needs it
    except ImportError as error:
        raise BadSettings(
            ["--client confluent: want the extra for bulk, pip install 'lambdameter[bulk]'"]) from error
    return ConfluentSender(kafka)
