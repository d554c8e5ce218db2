"""Signs of life between slices: the ends of Kafka's log and what the job says of itself."""

from __future__ import annotations

from metering.kafka.topics import end_offsets
from metering.store.connection import connect, reaching_postgresql
from metering.store.ledger import note_end_offsets, note_layer
from speed_layer.beside import Beside
from speed_layer.job import Job


class Ticks(Beside):
    """Notes lag and progress once a slice length, on a connection of its own."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "ticks", lambda: note(job), "no sign of life could be left", every_s=job.settings.slice_s)


def note(job: Job) -> None:
    """Note, once, where Kafka ends and what the job has done."""
    with reaching_postgresql():
        connection = connect(job.settings.database_url, "speed_layer ticks")
        try:
            for topic in job.streams:
                asked_at = job.clock.now()
                note_end_offsets(connection, topic, end_offsets(job.settings.kafka, topic), asked_at)
                detail = {
                    "slices": job.progress.slices, "events": job.progress.events, "rejected": job.progress.rejected,
                    "files": job.progress.files,
                    **{f"last_slice_{name}": fact for name, fact in job.progress.last_slice.items()},
                    "slice_s": job.settings.slice_s,
                }
                note_layer(connection, f"speed:{topic}", job.started_at, detail)
            job.progress.ends_noted.set()
        finally:
            connection.close()
