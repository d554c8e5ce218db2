"""`python -m serving …` as a person types it: what it does, what it says, and its exit status."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from psycopg2.extensions import connection as Connection

from metering.settings import child_environment
from tests.integration.conftest import SECRET, database, serving

pytestmark = pytest.mark.stack

FEDE, ANA = b"u5,Fede,fede@gmail.com,5000\n", b"u6,Ana,ana@gmail.com,100\n"
HEADER = b"id,name,email,quota\n"


@pytest.fixture(autouse=True)
def _nobody(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE user_metadata")


def users(connection: Connection) -> list[tuple[str, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, email, quota FROM user_metadata ORDER BY id")
        return cursor.fetchall()


def test_users_are_loaded_and_a_second_load_changes_nothing(database_url: str, connection: Connection) -> None:
    first = serving(database_url, "users", "-", given=HEADER + FEDE + ANA)
    second = serving(database_url, "users", "-", given=HEADER + FEDE + ANA)

    assert (first.returncode, first.stdout) == (0, "added 2, changed 0, unchanged 0\n")
    assert (second.returncode, second.stdout) == (0, "added 0, changed 0, unchanged 2\n")
    assert users(connection) == [("u5", "Fede", "fede@gmail.com", 5000), ("u6", "Ana", "ana@gmail.com", 100)]


def test_two_users_may_exchange_their_emails_and_others_stay(database_url: str, connection: Connection) -> None:
    serving(database_url, "users", "-", given=HEADER + FEDE + ANA + b"u7,Juan,juan@gmail.com,1\n")

    swapped = HEADER + FEDE.replace(b"fede@", b"ana@") + ANA.replace(b"ana@", b"fede@")
    loaded = serving(database_url, "users", "-", given=swapped)

    assert loaded.stdout == "added 0, changed 2, unchanged 0\n"
    assert [email for _, _, email, _ in users(connection)] == ["ana@gmail.com", "fede@gmail.com", "juan@gmail.com"]


def test_a_faulty_line_loads_nothing_of_the_file(database_url: str, connection: Connection) -> None:
    loaded = serving(database_url, "users", "-", given=HEADER + FEDE + b"u6,Ana,ana,-1\n")

    assert loaded.returncode == 2
    assert "line 3, email: 'ana'" in loaded.stderr
    assert "line 3, quota: '-1'" in loaded.stderr
    assert users(connection) == []


def test_an_email_of_a_user_outside_of_the_file_is_refused(database_url: str, connection: Connection) -> None:
    serving(database_url, "users", "-", given=HEADER + FEDE)

    loaded = serving(database_url, "users", "-", given=HEADER + ANA.replace(b"ana@", b"fede@"))

    assert loaded.returncode == 2
    assert "u6, email: 'fede@gmail.com'; want one that user 'u5' has not" in loaded.stderr
    assert len(users(connection)) == 1


def test_a_file_that_is_not_there_is_named(database_url: str) -> None:
    assert serving(database_url, "users", "/no/such.csv").returncode == 2


def test_accounts_are_created_listed_and_ended(database_url: str) -> None:
    created = serving(
        database_url, "accounts", "create", "ana", "--role", "viewer", "--password-stdin",
        given=b"correct horse battery\n")
    again = serving(database_url, "accounts", "create", "ana", "--role", "admin", "--no-password")
    ended = serving(database_url, "accounts", "end", "ana")
    listed = serving(database_url, "accounts", "list")
    revived = serving(database_url, "accounts", "create", "ana", "--role", "admin", "--no-password")

    assert (created.returncode, again.returncode, ended.returncode, revived.returncode) == (0, 2, 0, 0)
    assert re.search(r"^ana +viewer +ended +-$", listed.stdout, re.MULTILINE)


@pytest.mark.parametrize("password", [b"short\n", b"\n", b"password123\n"])
def test_weak_passwords_are_refused(database_url: str, password: bytes) -> None:
    created = serving(
        database_url, "accounts", "create", "weak", "--role", "viewer", "--password-stdin", given=password)

    assert created.returncode == 2


@pytest.mark.parametrize("arguments", [
    ("accounts", "create", "no spaces", "--role", "viewer", "--no-password"),
    ("accounts", "create", "bob", "--role", "viewer"),
    ("accounts", "create", "bob", "--role", "king", "--no-password"),
    ("accounts", "end", "nobody"),
    ("accounts", "link", "nobody"),
    ("tokens", "create", "a", "--role", "viewer", "--days", "0"),
    ("tokens", "end", "99"),
    ("--port", "0"),
    ("--bind", "999.1.1.1"),
])
def test_what_cannot_be_done_ends_with_2_and_one_line(database_url: str, arguments: tuple[str, ...]) -> None:
    ended = serving(database_url, *arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_link_is_printed_alone(database_url: str) -> None:
    serving(database_url, "accounts", "create", "demo", "--role", "admin", "--no-password")

    link = serving(database_url, "accounts", "link", "demo", "--port", "8123", "--minutes", "60")

    assert re.fullmatch(r"http://127\.0\.0\.1:8123/sign-in/link\?minutes=60&token=[\w-]+\n", link.stdout)


def test_a_tokens_text_is_shown_once(database_url: str) -> None:
    created = serving(database_url, "tokens", "create", "grafana", "--role", "viewer", "--days", "2")
    ended = serving(database_url, "tokens", "end", "1")
    listed = serving(database_url, "tokens", "list")

    assert re.fullmatch(r"lm_[\w-]{43}\n", created.stdout)
    assert ended.returncode == 0
    assert created.stdout.strip() not in listed.stdout
    assert re.search(r"^1 +grafana +viewer +ended ", listed.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments", [("migrate",), ("users", "-"), ("accounts", "list"), ("tokens", "list"), ()])
def test_without_postgresql_each_command_ends_with_3(arguments: tuple[str, ...]) -> None:
    ended = serving("postgresql://nobody:hidden@127.0.0.1:1/none", *arguments, given=HEADER)

    assert ended.returncode == 3
    assert "PostgreSQL cannot be reached" in ended.stderr
    assert "hidden" not in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", [("users", "-"), ("accounts", "list"), ("tokens", "list"), ()])
def test_without_tables_each_command_says_to_migrate(server_url: str, arguments: tuple[str, ...]) -> None:
    with database(server_url) as url:
        ended = serving(url, *arguments, given=HEADER)

    assert ended.returncode in (2, 3)
    assert "python -m serving migrate" in ended.stderr and "Traceback" not in ended.stderr


def test_all_bad_settings_are_named_at_once() -> None:
    environment = child_environment(
        DATABASE_URL="mysql://x", SECRET_KEY="short", LAMBDAMETER_ALLOWED_HOSTS="*", LAMBDAMETER_PUBLIC_URL="ftp://x",
        LAMBDAMETER_HOME="/nonexistent")
    ended = subprocess.run(
        [sys.executable, "-m", "serving"], env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 2
    for name in ("DATABASE_URL", "SECRET_KEY", "LAMBDAMETER_ALLOWED_HOSTS", "LAMBDAMETER_PUBLIC_URL"):
        assert name in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("migrate",), ("users",), ("customers",), ("accounts",), ("tokens",)])
def test_help_shows_an_example_and_needs_no_settings(arguments: tuple[str, ...]) -> None:
    environment = child_environment(DATABASE_URL="", SECRET_KEY=SECRET)
    shown = subprocess.run(
        [sys.executable, "-m", "serving", *arguments, "--help"], env=environment, capture_output=True, text=True,
        timeout=60, check=False)

    assert shown.returncode == 0
    assert "Example" in shown.stdout
