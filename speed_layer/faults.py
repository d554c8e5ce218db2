"""What ended a query, told as one of our errors."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pyspark.errors import StreamingQueryException

from metering.domain.errors import LambdameterError, ServiceAway
from metering.store.connection import LOST

_KAFKA_AWAY = (
    "TimeoutException", "DisconnectException", "org.apache.kafka.common.errors", "KAFKA_DATA_LOSS",
    "Failed to get records", "No resolvable bootstrap urls", "Cannot fetch offset", "Failed to construct kafka",
)  # fmt: skip
_DATA_LOSS = ("data loss", "DATA_LOSS", "OffsetOutOfRange", "data may have been lost", "data was lost")
_ARCHIVE_AWAY = (
    "OSError", "HdfsAway", "No space left", "ENOSPC", "Permission denied", "Input/output error", "ArrowIOError",
)  # fmt: skip


class Restart(Exception):
    """The query must begin anew from the ledger; nothing is wrong with a service."""


def fault_of(raised: BaseException | None, ended: StreamingQueryException, archive: str) -> BaseException:
    """The error to act on. `raised` is what our own slice code raised, if it did; `ended` is Spark's word."""
    if isinstance(raised, LambdameterError | Restart):
        return raised
    if isinstance(raised, LOST):
        return ServiceAway(f"PostgreSQL cannot be reached: {_one_line(str(raised))}")
    trace = f"{ended}\n{raised or ''}"
    if _cause(trace, _DATA_LOSS):
        return Restart("Kafka no longer holds some records that were to be read")
    if cause := _cause(trace, _ARCHIVE_AWAY):
        return ServiceAway(f"the archive {_without_secrets(archive)} cannot be written: {cause}")
    if cause := _cause(trace, _KAFKA_AWAY):
        return ServiceAway(f"Kafka cannot be reached: {cause}")
    return raised or ended


def _cause(trace: str, words: Sequence[str]) -> str:
    """The last line with one of the words in a trace of two languages; empty where none has."""
    lines = [line for line in trace.splitlines() if any(word in line for word in words)]
    return _one_line(lines[-1]) if lines else ""


def _without_secrets(archive: str) -> str:
    """A URI without user, password and options, which may hold keys; a path as it is."""
    parts = urlsplit(archive)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if "://" in archive else archive


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
