"""What ended a query, told as one of our errors."""

from __future__ import annotations

import psycopg2
from pyspark.errors import StreamingQueryException

from metering.domain.errors import LambdameterError, ServiceAway

_KAFKA_AWAY = (
    "TimeoutException", "DisconnectException", "org.apache.kafka.common.errors", "KAFKA_DATA_LOSS",
    "Failed to get records", "No resolvable bootstrap urls", "Cannot fetch offset", "Failed to construct kafka",
)  # fmt: skip
_DATA_LOSS = ("data loss", "DATA_LOSS", "OffsetOutOfRange", "data may have been lost", "data was lost")
_ARCHIVE_AWAY = ("OSError", "No space left", "ENOSPC", "Permission denied", "Input/output error", "ArrowIOError")


class Restart(Exception):
    """The query must begin anew from the ledger; nothing is wrong with a service."""


def fault_of(raised: BaseException | None, ended: StreamingQueryException) -> BaseException:
    """The error to act on. `raised` is what our own slice code raised, if it did; `ended` is Spark's word."""
    if isinstance(raised, LambdameterError | Restart):
        return raised
    if isinstance(raised, psycopg2.OperationalError | psycopg2.InterfaceError):
        return ServiceAway(f"PostgreSQL cannot be reached: {_line(str(raised))}")
    text = f"{raised or ''} {ended}"
    if any(word in text for word in _DATA_LOSS):
        return Restart("Kafka no longer holds some records that were to be read")
    if any(word in text for word in _ARCHIVE_AWAY):
        return ServiceAway(f"the archive cannot be written: {_cause(text)}")
    if any(word in text for word in _KAFKA_AWAY):
        return ServiceAway(f"Kafka cannot be reached: {_cause(text)}")
    return raised or ended


def _cause(text: str) -> str:
    """The line that names the cause, out of a trace of two languages."""
    named = [line.strip() for line in text.splitlines() if "Error" in line or "Exception" in line]
    return _line(named[-1] if named else text)


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
