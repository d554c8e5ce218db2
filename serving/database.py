"""PostgreSQL as Django wants it told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

import django.db
import psycopg2
import psycopg2.errors

from metering.domain.errors import ServiceAway


def django_database(url: str) -> dict[str, object]:
    """`postgresql://user:password@host:port/name?option=value` as an entry of Django's DATABASES.

    Name and password are percent-decoded. An empty `url` gives an entry that fails on first use.

    >>> django_database("postgresql://me:a%40b@db:5433/usage?sslmode=require")["PASSWORD"]
    'a@b'
    """
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": {"connect_timeout": 5} | dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


@contextmanager
def reaching_postgresql() -> Iterator[None]:
    """Turn a refused or lost connection, and a database without our tables, into ServiceAway."""
    try:
        yield
    except django.db.ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg2.errors.UndefinedTable):
            raise
        raise ServiceAway("the database lacks our tables: run `python -m serving migrate`") from error
    except (psycopg2.OperationalError, django.db.OperationalError, django.db.InterfaceError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ServiceAway(f"PostgreSQL cannot be reached: {first}") from error
