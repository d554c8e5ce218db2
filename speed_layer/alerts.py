"""Alerts raised beside the job, from the served sums, within a slice of the commit that crossed."""

from __future__ import annotations

from contextlib import suppress

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection

from metering.domain.errors import LambdameterError
from metering.store.alerts import raise_quota_alerts
from metering.store.budget_alerts import raise_budget_alerts
from metering.store.connection import connect, reaching_postgresql
from metering.telemetry import Log
from speed_layer.beside import Beside
from speed_layer.job import Job

LOG = Log("speed_layer")


class AlertsFailed(LambdameterError):
    """PostgreSQL refused what was to be raised."""


class Alerts(Beside):
    """Looks after every commit and once a slice length. A fault is told and never stops the job."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "alerts", lambda: watch(job), "alerts wait", every_s=job.settings.slice_s,
            wake=job.progress.after_commit())

    def finish(self) -> None:
        """Look once more: the last slice was committed a moment ago."""
        self.turn()


def watch(job: Job) -> None:
    """Raise what is above its threshold now. A repeat raises nothing. Raises ServiceAway, AlertsFailed."""
    with reaching_postgresql():
        connection = connect(job.settings.database_url, "speed_layer alerts")
        try:
            _raise(job, connection)
        except (psycopg2.DataError, psycopg2.IntegrityError, psycopg2.InternalError) as refused:
            raise AlertsFailed(" ".join(str(refused).split())) from refused
        finally:
            connection.close()


def _raise(job: Job, connection: Connection) -> None:
    """Each stream's in a transaction of its own, and those of budgets, which look at all streams."""
    for stream in job.streams.values():
        if stream.quota:
            with connection, connection.cursor() as cursor:
                raised = raise_quota_alerts(cursor, stream, stream.quota, job.clock.now())
            if raised:
                LOG.info("alerts raised", topic=stream.topic, alerts=raised)
    # Another job of other streams may tell the same at the same time: then the next turn finds it told.
    with suppress(psycopg2.errors.SerializationFailure), connection, connection.cursor() as cursor:
        if raised := raise_budget_alerts(cursor, job.clock.now()):
            LOG.info("budget alerts raised", alerts=raised)
