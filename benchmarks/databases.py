"""Databases of a bench's own, beside the one that the settings name."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from metering.settings import child_environment


def fresh_database(database_url: str) -> str:
    """A new migrated database beside the named one; its URL."""
    name = f"bench_{time.time_ns()}"
    _ask(database_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    subprocess.run([sys.executable, "-m", "serving", "migrate"], check=True, stderr=subprocess.DEVNULL,
                   env=child_environment(DATABASE_URL=url))
    return url


def copy_database(database_url: str, of: str) -> str:
    """A new database with what `of`, which nobody is connected to, holds; its URL. Quicker than migrating again."""
    name, source = f"bench_{time.time_ns()}", urlsplit(of).path[1:]
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
    _ask(database_url, made)
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))


def drop_database(database_url: str, dropped: str) -> None:
    """Remove a database of the bench's. Repeating it does nothing."""
    name = sql.Identifier(urlsplit(dropped).path[1:])
    _ask(database_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _ask(database_url: str, statement: sql.Composed) -> None:
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
