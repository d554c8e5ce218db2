"""`python -m serving customers`: a file into PostgreSQL and Redis, Redis again from PostgreSQL, and what stops it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from psycopg2.extensions import connection as Connection
from redis import Redis as Client

from local_stack.redis import Redis
from metering.domain.customer import RECORD_FIELDS
from metering.redis.connection import connect
from metering.settings import child_environment
from tests.lib.redis_server import redis_server

pytestmark = pytest.mark.stack

HEADER = b"customer id,name,age,gender,zip,address,sign date,status,level,campaign,linked with apps\n"
ANA = b'c1,Ana,31,F,80302,"1 Main St, Boulder",2013-02-17,1,gold,3,1\n'
BEN = b"c2,Ben,,M,47405,2 High St,2014-07-24,0,FREE,,0\n"

Load = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("customers")) as server:
        yield server


@pytest.fixture
def client(server: Redis) -> Iterator[Client]:
    with connect(server.env()["REDIS_URL"], timeout_s=5) as client:
        client.flushall()
        yield client


@pytest.fixture
def load(database_url: str, connection: Connection, server: Redis, client: Client) -> Load:
    """Runs the command on an empty table and an empty Redis."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customer")

    def run(*arguments: str, given: bytes = b"", url: str = database_url, redis: str = "") -> object:
        environment = child_environment(DATABASE_URL=url, REDIS_URL=redis or server.env()["REDIS_URL"])
        return subprocess.run(
            [sys.executable, "-m", "serving", "customers", *arguments], env=environment, input=given.decode(),
            encoding="utf-8", capture_output=True, timeout=60, check=False)

    return run


def rows(connection: Connection) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, age, address, level, campaign FROM customer ORDER BY id")
        return cursor.fetchall()


def test_customers_are_loaded_into_both_and_a_second_load_changes_nothing(
    load: Load, connection: Connection, client: Client
) -> None:
    first, second = load("-", given=HEADER + ANA + BEN), load("-", given=ANA + BEN)

    assert first.stdout == "added 2, changed 0, unchanged 0\nin Redis 2\n"
    assert second.stdout == "added 0, changed 0, unchanged 2\nin Redis 2\n"
    assert rows(connection) == [
        ("c1", "Ana", "31", "1 Main St, Boulder", "GOLD", "3"), ("c2", "Ben", "", "2 High St", "FREE", "")]
    ana = {str(name, "utf-8"): str(value, "utf-8") for name, value in client.hgetall("c1").items()}
    assert tuple(ana) == RECORD_FIELDS
    assert (ana["address"], ana["level"], client.hget("c2", "campaign")) == ("1 Main St, Boulder", "GOLD", b"")


def test_a_customer_is_changed_in_both_and_others_stay(load: Load, connection: Connection, client: Client) -> None:
    load("-", given=ANA + BEN)

    loaded = load("-", given=BEN.replace(b"FREE", b"SILVER"))

    assert loaded.stdout == "added 0, changed 1, unchanged 0\nin Redis 2\n"
    assert [row[4] for row in rows(connection)] == ["GOLD", "SILVER"]
    assert (client.hget("c1", "level"), client.hget("c2", "level")) == (b"GOLD", b"SILVER")


def test_every_faulty_line_is_named_and_nothing_is_loaded(
    load: Load, connection: Connection, client: Client
) -> None:
    loaded = load("-", given=ANA + b"score:c2,Ben,x,M,1,a,d,0,,3,1\nc3\n")

    assert loaded.returncode == 2
    for fault in ("line 2, id: 'score:c2'", "line 2, age: 'x'", "line 2, level: ''", "line 3: 1 cells; want 11"):
        assert fault in loaded.stderr
    assert (rows(connection), client.dbsize()) == ([], 0)


def test_redis_away_is_3_after_postgresql_is_done_and_says_what_to_repeat(
    load: Load, connection: Connection, client: Client, server: Redis
) -> None:
    server.stop()
    try:
        loaded = load("-", given=ANA)
    finally:
        server.start()
        server.wait_ready()
    assert (loaded.returncode, loaded.stdout) == (3, "added 1, changed 0, unchanged 0\n")
    assert "Redis cannot be reached" in loaded.stderr and "customers --to-redis" in loaded.stderr
    assert server.home.secret("redis") not in loaded.stderr and "Traceback" not in loaded.stderr
    assert [row[0] for row in rows(connection)] == ["c1"]

    again = load("--to-redis")

    assert (again.returncode, again.stdout) == (0, "in Redis 1\n")
    assert client.hget("c1", "name") == b"Ana"


def test_without_an_address_of_redis_nothing_is_loaded(
    load: Load, connection: Connection, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMBDAMETER_HOME", str(tmp_path))

    refused = load("-", given=ANA, redis="ftp://:hidden@h/0")

    assert (refused.returncode, rows(connection)) == (2, [])
    assert "REDIS_URL" in refused.stderr and "hidden" not in refused.stderr


@pytest.mark.parametrize("arguments", [(), ("-", "--to-redis"), ("/no/such.csv",)])
def test_what_is_no_order_is_2(load: Load, arguments: tuple[str, ...]) -> None:
    ended = load(*arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_without_postgresql_it_is_3(load: Load, client: Client) -> None:
    ended = load("-", given=ANA, url="postgresql://nobody:hidden@127.0.0.1:1/none")

    assert ended.returncode == 3
    assert "hidden" not in ended.stderr and "Traceback" not in ended.stderr
    assert client.dbsize() == 0
