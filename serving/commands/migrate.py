"""`migrate`: create or upgrade every table and view."""

from __future__ import annotations

import argparse
from contextlib import closing

import psycopg2
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from metering.settings import Settings
from metering.telemetry import Log
from serving.database import reaching_postgresql

_LOCK = 4_702_111_234  # any number, as long as no other advisory lock of the product has it

log = Log("serving")


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Apply what is not applied yet, holding a lock, so that a second run waits and then finds it done."""
    with reaching_postgresql(), closing(psycopg2.connect(settings.database_url, connect_timeout=5)) as lock:
        lock.autocommit = True
        with lock.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        waiting = pending_migrations()
        if waiting:
            call_command("migrate", verbosity=0, interactive=False)
    log.info("database is up to date", applied=len(waiting))


def pending_migrations() -> list[str]:
    """The migrations that the database lacks, in the order in which they would be applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
