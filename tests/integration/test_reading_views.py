"""What the views of usage ask first is asked anew by every statement, and for whoever may read the views."""

from __future__ import annotations

from uuid import uuid4

import pytest
from psycopg2.extensions import connection as Connection

from metering.streams.devices import USER
from tests.integration.test_views import NINE, at, given, hour, usage

pytestmark = pytest.mark.stack


@pytest.fixture(autouse=True)
def _empty(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bytes, bytes_batch, bytes_hourly, hour_state")


def test_a_session_that_has_asked_before_sees_what_is_live_and_final_now(connection: Connection) -> None:
    given(connection, bytes_batch=[(at(0), "a", 5, USER)])
    assert usage(connection) == [(0, "a", 5, True)]

    given(connection, hours=[hour(NINE, True)])
    assert usage(connection) == [(0, "a", 5, False)]

    given(connection, bytes=[(at(5), "a", 7, USER, 4)])
    assert usage(connection) == [(0, "a", 5, True), (5, "a", 7, True)]


def test_who_may_read_the_view_needs_nothing_else(connection: Connection) -> None:
    reader = f"reader_{uuid4().hex[:8]}"
    given(
        connection, hours=[hour(NINE, True)], bytes_batch=[(at(0), "a", 5, USER)], bytes=[(at(60), "a", 7, USER, 4)])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {reader}")
        try:
            cursor.execute(f"GRANT SELECT ON usage, usage_hourly TO {reader}; SET ROLE {reader}")

            assert usage(connection) == [(0, "a", 5, False), (60, "a", 7, True)]
        finally:
            cursor.execute(f"RESET ROLE; REVOKE ALL ON usage, usage_hourly FROM {reader}; DROP ROLE {reader}")
