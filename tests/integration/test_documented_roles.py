"""docs/operating.md gives three PostgreSQL roles: its statements run, and give each program what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from metering.settings import child_environment
from metering.store.pane_tables import PANE_TABLES, tables_of
from metering.streams import STREAMS
from tests.lib.programs import ROOT

TAG = f"t{uuid4().hex[:8]}_"
BLOCKS = re.findall(
    r"^```sql\n(.*?)^```", (ROOT / "docs" / "operating.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
VERBS = {"INSERT INTO": "INSERT", "UPDATE": "UPDATE", "DELETE FROM": "DELETE"}


def statements(block: str) -> list[str]:
    """The block's statements, its roles and its database under names of this run alone."""
    return [text for text in block.replace("lambdameter_", TAG).split(";") if text.strip()]


def run(url: str, block: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements(block):
                cursor.execute(statement)


@pytest.fixture(scope="module")
def owner(server_url: str) -> Iterator[Connection]:
    """The documented database, migrated and granted, seen by its owner; gone afterwards with its roles."""
    parts = urlsplit(server_url)
    place = f"{TAG}owner:change-me-1@{parts.hostname}:{parts.port}"
    url = urlunsplit(parts._replace(netloc=place, path=f"/{TAG}usage"))
    try:
        run(server_url, BLOCKS[0])
        migrate = [sys.executable, "-m", "serving", "migrate"]
        subprocess.run(migrate, env=child_environment(DATABASE_URL=url), check=True)
        run(url, BLOCKS[1])
        with closing(psycopg2.connect(url)) as connection:
            yield connection
    finally:
        run(server_url, "DROP DATABASE IF EXISTS lambdameter_usage WITH (FORCE);"
            + "".join(f"DROP ROLE IF EXISTS lambdameter_{role};" for role in ("owner", "layers", "site")))


def may(owner: Connection, role: str, privilege: str, table: str) -> bool:
    with owner.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", (f"{TAG}{role}", table, privilege))
        [(answer,)] = cursor.fetchall()
    return bool(answer)


def writes_of_the_layers() -> set[tuple[str, str]]:
    """(privilege, table) of every statement in metering/sql, with {table} as the declared streams fill it."""
    found: set[tuple[str, str]] = set()
    for file in Path(str(files("metering.sql"))).rglob("*.sql"):
        text = file.read_text(encoding="utf-8")
        for verb, table in re.findall(r"\b(INSERT INTO|(?<!DO )UPDATE|DELETE FROM) (\{table\}|[a-z_]+)", text):
            names = _rollup_tables() if table == "{table}" else {table}
            found |= {(VERBS[verb], name) for name in names - {"SET"}}
        if "ON CONFLICT" in text and "DO UPDATE" in text:
            found |= {("UPDATE", table) for _, table in set(found) if table in text}
    return found


def _rollup_tables() -> set[str]:
    tables = set()
    for stream in STREAMS.values():
        for rollup in stream.rollups:
            tables |= {rollup.realtime, rollup.batch, *([rollup.hourly_batch] if rollup.hourly_batch else [])}
        tables |= {stream.quota.table} if stream.quota else set()
        panes = tables_of(stream)
        tables |= {panes.name(what) for what in PANE_TABLES} if panes else set()
    return tables


def test_the_layers_may_write_what_their_statements_write(owner: Connection) -> None:
    # Versions of tariffs are added by the site and its command, which use the kernel's statement for it.
    wanted = writes_of_the_layers() - {("INSERT", "tariff")}
    assert len(wanted) > 20
    denied = {(privilege, table) for privilege, table in wanted if not may(owner, "layers", privilege, table)}
    assert not denied


def test_the_layers_may_keep_plays_and_forget_days_but_not_change_them(owner: Connection) -> None:
    assert may(owner, "layers", "INSERT", "play")
    assert not may(owner, "layers", "UPDATE", "play") and not may(owner, "layers", "DELETE", "play")
    with owner.cursor() as cursor:
        for function in ("play_day(date)", "play_forget(date)"):
            cursor.execute(
                "SELECT has_function_privilege(%s, %s, 'EXECUTE'), has_function_privilege(%s, %s, 'EXECUTE')",
                (f"{TAG}layers", function, f"{TAG}site", function))
            assert cursor.fetchall() == [(True, False)]


def test_the_layers_do_not_see_accounts_and_do_not_change_users(owner: Connection) -> None:
    for table in ("account", "api_token", "django_session"):
        assert not may(owner, "layers", "SELECT", table)
    assert may(owner, "layers", "SELECT", "user_metadata")
    assert not may(owner, "layers", "UPDATE", "user_metadata")


def test_the_site_reads_all_and_changes_only_what_people_keep_and_what_belongs_to_signing_in(owner: Connection) -> None:
    with owner.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = {name for (name,) in cursor.fetchall()}
    assert all(may(owner, "site", "SELECT", table) for table in tables)
    changed = {table for table in tables if may(owner, "site", "INSERT", table) or may(owner, "site", "DELETE", table)}
    assert changed == {
        "account", "alert_rule", "api_token", "budget", "dashboard", "django_session", "sign_in_attempt", "tariff",
        "webhook_delivery"}
