"""`python -m benchmarks.told_layer`: the streaming job as it is, which also says how long each of its slices took.

Spark tells a slice's length, from the moment it looks for new records to the end of the commit, to whoever listens in
the job's own process; a line `slice told` in the log hands it on. Arguments are those of `python -m speed_layer`.
"""

from __future__ import annotations

import sys
import threading

from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
    StreamingQueryListener,
)

from metering.settings import Settings
from metering.telemetry import Log
from speed_layer import __main__ as layer

LOG = Log("benchmarks")
_start_spark = layer._start_spark


class Told(StreamingQueryListener):
    """Writes a line for each slice that had records."""

    def onQueryStarted(self, event: QueryStartedEvent) -> None:
        """Nothing to tell."""

    def onQueryProgress(self, event: QueryProgressEvent) -> None:
        """Tell the slice's length in seconds, its records, and where the time went, in milliseconds."""
        progress = event.progress
        if progress.numInputRows:
            taken = {name: int(ms) for name, ms in progress.durationMs.items()}
            LOG.info("slice told", slice_s=taken["triggerExecution"] / 1000, records=progress.numInputRows, ms=taken)

    def onQueryIdle(self, event: QueryIdleEvent) -> None:
        """Nothing to tell."""

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:
        """Nothing to tell."""


def start_spark(settings: Settings, stopping: threading.Event) -> SparkSession:
    """The layer's own session, listened to."""
    session = _start_spark(settings, stopping)
    session.streams.addListener(Told())
    return session


if __name__ == "__main__":
    layer._start_spark = start_spark
    sys.exit(layer.main())
