"""The triggers of panes when no data comes: Spark runs no slice without data."""

from __future__ import annotations

from metering.store.connection import connect, reaching_postgresql
from metering.store.panes import run_triggers
from metering.telemetry import Log
from speed_layer.beside import Beside
from speed_layer.job import Job

LOG = Log("speed_layer")


class PaneTicks(Beside):
    """Runs the triggers once a slice length, as soon as the ends of Kafka's log were noted, or without them."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "pane ticks", lambda: fire(job), "no pane can fire between slices", every_s=2 * job.settings.slice_s,
            wake=job.progress.ends_noted)

    def finish(self) -> None:
        """Turn once more: the job noted the ends a moment ago."""
        self.turn()


def fire(job: Job) -> None:
    """Move the watermark as far as is known and fire what is due. A repeat fires nothing. Raises ServiceAway."""
    streams = [stream for stream in job.streams.values() if stream.panes]
    if not streams:
        return
    with reaching_postgresql():
        connection = connect(job.settings.database_url, "speed_layer panes")
        try:
            for stream in streams:
                if fired := run_triggers(connection, stream, job.settings.panes, job.clock.now()):
                    LOG.info("panes fired", topic=stream.topic, panes=fired)
        finally:
            connection.close()
