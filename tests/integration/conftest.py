"""A migrated database of its own for every test module, and Django looking at it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from local_stack import Stack
from metering.settings import child_environment

SECRET = "a secret of the tests, long enough for anyone"


def other_database(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def administer(url: str, statement: str, *names: str) -> None:
    """Run one statement that takes database names and no transaction."""
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def database(server: str, template: str = "template0") -> Iterator[str]:
    """A fresh copy of `template` on the server of `server`, dropped afterwards; gives its address."""
    name = f"test_{uuid4().hex[:12]}"
    administer(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield other_database(server, name)
    finally:
        administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def serving(url: str, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run `python -m serving` on a database, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "serving", *arguments],
        env=child_environment(DATABASE_URL=url, SECRET_KEY=SECRET),
        input=given.decode("latin-1"),
        encoding="latin-1",
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="session")
def server_url(stack: Stack) -> str:
    """The address of the stack's PostgreSQL; its own database stays as it is."""
    return stack.env()["DATABASE_URL"]


@pytest.fixture(scope="session")
def migrated_template(server_url: str) -> Iterator[str]:
    """The name of a database that `python -m serving migrate` made; copied for each module."""
    with database(server_url) as url:
        migrated = serving(url, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        yield urlsplit(url).path.strip("/")


@pytest.fixture(scope="module")
def database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a fresh migrated database, one a test module."""
    with database(server_url, migrated_template) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A plain connection that commits each statement."""
    with closing(psycopg2.connect(database_url)) as opened:
        opened.autocommit = True
        yield opened


@pytest.fixture(scope="session")
def django_started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Django with the site's own settings, but quick hashes of passwords and unhashed static files."""
    home = tmp_path_factory.mktemp("site")
    (home / "static").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SECRET_KEY", SECRET)
        environment.setenv("LAMBDAMETER_HOME", str(home))
        from serving.start import start_django

        start_django()
    from django.test import override_settings

    # A browser test of the same run leaves Playwright's event loop in this thread; Django would refuse to work.
    unsafe = pytest.MonkeyPatch()
    unsafe.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    in_memory = "django.core.files.storage.InMemoryStorage"
    with override_settings(
        STORAGES={"default": {"BACKEND": in_memory}, "staticfiles": {"BACKEND": plain}},
        PASSWORD_HASHERS=[quick],
        ALLOWED_HOSTS=["testserver"],
    ):
        yield
    unsafe.undo()


@pytest.fixture(scope="module")
def site(django_started: None, database_url: str) -> Iterator[None]:
    """Django, in this process, on the module's database."""
    from django.db import connections

    from serving.database import django_database

    connections.close_all()
    connections["default"].settings_dict.update(django_database(database_url))
    yield
    connections.close_all()
