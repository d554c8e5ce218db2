"""A PostgreSQL that holds its port and answers nothing is away: the site does not wait for ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import extensions

from serving.patience import limit_waiting

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Limits short enough for a test; other tests wait as before."""
    limit_waiting(connect_s=2.0, answer_s=1.0)
    yield
    extensions.set_wait_callback(None)


def test_a_server_that_takes_the_connection_and_says_nothing_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(psycopg2.OperationalError, match="did not answer within 2 s"):
            psycopg2.connect(f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/x")

    assert time.monotonic() - began < 10


def test_a_statement_without_an_answer_in_time_ends_with_its_connection(server_url: str) -> None:
    with closing(psycopg2.connect(server_url)) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.OperationalError, match="did not answer within 1 s"):
            cursor.execute("SELECT pg_sleep(30)")

        assert connection.closed


def test_answers_in_time_are_given_as_ever(server_url: str) -> None:
    with closing(psycopg2.connect(server_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(n) FROM generate_series(1, 200000) AS n, pg_sleep(0.2)")

        assert cursor.fetchone() == (200_000, 200_000)
