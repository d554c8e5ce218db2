"""What the demo asks of PostgreSQL and Kafka while it waits."""

from __future__ import annotations

from metering.kafka.topics import end_offsets
from metering.settings import Settings
from metering.store.connection import connect
from metering.store.ledger import read_offsets
from metering.store.rotation import count_waiting
from metering.streams import STREAMS


def lag_of(settings: Settings) -> int:
    """Records in Kafka that are not counted yet, over all streams."""
    connection = connect(settings.database_url, "demo")
    try:
        return sum(
            end - read_offsets(connection, topic).get(partition, 0)
            for topic in STREAMS
            for partition, end in end_offsets(settings.kafka, topic).items())
    finally:
        connection.close()


def waiting_hours(settings: Settings) -> int:
    """Hours with events that the batch layer has never published, the one in progress among them."""
    connection = connect(settings.database_url, "demo")
    try:
        with connection, connection.cursor() as cursor:
            return count_waiting(cursor)
    finally:
        connection.close()
