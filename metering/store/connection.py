"""Connections of the layers, and what their errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from metering.domain.errors import BadSettings, Damaged, LambdameterError, ServiceAway
from metering.sql import statement

LOCK_TIMEOUT_S = 30
IDLE_TIMEOUT_S = 60
"""A frozen process holds no row of another layer longer than this: its session ends, with its locks."""


def connect(database_url: str, layer: str) -> Connection:
    """A session in UTC, READ COMMITTED, that gives up locks when frozen. Raises ServiceAway."""
    options = {
        "TimeZone": "UTC",
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s",
        "client_min_messages": "warning",
    }
    with reaching_postgresql():
        return psycopg2.connect(
            database_url, application_name=f"lambdameter {layer}", connect_timeout=10,
            options=" ".join(f"-c {name}={value}" for name, value in options.items()),
            keepalives_idle=10, keepalives_interval=5, keepalives_count=3)


LOST = (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.IdleInTransactionSessionTimeout)
"""What a session that is gone is told by: one that was frozen in a transaction until PostgreSQL ended it, too."""


@contextmanager
def reaching_postgresql() -> Iterator[None]:
    """Turn a lost or absent PostgreSQL into ServiceAway, and absent tables into what to do about it."""
    try:
        yield
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn) as error:
        raise _TablesMissing(f"{_line(error)}: run `python -m serving migrate` first") from error
    except psycopg2.errors.InsufficientPrivilege as error:
        raise BadSettings([f"DATABASE_URL's user may not do this: {_line(error)}; docs/operating.md lists the grants"])\
            from error
    except LOST as error:
        raise ServiceAway(f"PostgreSQL cannot be reached: {_line(error)}") from error


class _TablesMissing(LambdameterError):
    exit_status = 2


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def only_row(cursor: Cursor) -> tuple[Any, ...]:
    """The row of a statement that always has one."""
    row = cursor.fetchone()
    if row is None:
        raise Damaged(f"no row where there must be one: {cursor.query!r}")
    return row


def try_lock(connection: Connection, name: str) -> bool:
    """Take the session's advisory lock `name`; False where another session holds it. Ends with the session."""
    with connection.cursor() as cursor:
        cursor.execute(statement("try_lock"), {"name": name})
        taken = bool(only_row(cursor)[0])
    connection.commit()
    return taken
