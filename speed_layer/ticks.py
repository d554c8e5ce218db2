"""Signs of life between slices: the ends of Kafka's log and what the job says of itself."""

from __future__ import annotations

import threading

from metering.domain.errors import LambdameterError
from metering.kafka.topics import end_offsets
from metering.store.connection import connect, reaching_postgresql
from metering.store.ledger import note_end_offsets, note_layer
from metering.telemetry import Log
from speed_layer.job import Job

LOG = Log("speed_layer")


class Ticks(threading.Thread):
    """Notes lag and progress once a slice length, on a connection of its own; a fault is told once, not fatal."""

    def __init__(self, job: Job) -> None:
        super().__init__(name="ticks", daemon=True)
        self._job = job
        self._over = threading.Event()
        self._told: str = ""

    def run(self) -> None:
        while not self._over.wait(self._job.settings.slice_s):
            self._tick()

    def _tick(self) -> None:
        try:
            note(self._job)
            self._told = ""
        except LambdameterError as error:
            if type(error).__name__ != self._told:
                LOG.warning("no sign of life could be left", why=error)
            self._told = type(error).__name__

    def end(self) -> None:
        self._over.set()
        self.join(timeout=15)


def note(job: Job) -> None:
    """Note, once, where Kafka ends and what the job has done."""
    with reaching_postgresql():
        connection = connect(job.settings.database_url, "speed_layer ticks")
        try:
            for topic in job.streams:
                note_end_offsets(connection, topic, end_offsets(job.settings.kafka, topic))
                detail = {
                    "slices": job.progress.slices, "events": job.progress.events, "rejected": job.progress.rejected,
                    "files": job.progress.files,
                    **{f"last_slice_{name}": fact for name, fact in job.progress.last_slice.items()},
                    "slice_s": job.settings.slice_s,
                }
                note_layer(connection, f"speed:{topic}", job.started_at, detail)
        finally:
            connection.close()
