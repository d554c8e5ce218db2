"""Signing in: by password, with limited attempts; by one-time link; and by token."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.test import Client
from psycopg2.extensions import connection as Connection

from tests.integration.people import PASSWORD, client_of, counted_queries, make_account
from tests.lib.running import until

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_waits(site: None) -> None:
    from serving.accounts.models import SignInAttempt

    SignInAttempt.objects.all().delete()


def sign_in(name: str, password: str, address: str = "127.0.0.1", **more: str) -> Any:
    return Client().post("/sign-in", {"name": name, "password": password, **more}, REMOTE_ADDR=address)


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `count` threads get that do `work` at the same time, each on a connection of its own."""
    from django.db import connection

    def one(_: int) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_the_right_password_signs_in_and_goes_on_to_where_one_wanted_to_be(site: None) -> None:
    make_account("ana", "viewer")

    response = sign_in("ana", PASSWORD, next="/usage?by=app")

    assert (response.status_code, response["Location"]) == (302, "/usage?by=app")
    cookie = response.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example.org", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(site: None, elsewhere: str) -> None:
    make_account("ana", "viewer")

    assert sign_in("ana", PASSWORD, next=elsewhere)["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ana", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_look_the_same(site: None, name: str, password: str) -> None:
    make_account("ana", "viewer")

    response = sign_in(name, password)

    assert response.status_code == 401
    assert "The name or the password is wrong." in response.content.decode()
    assert "sessionid" not in response.cookies


def test_after_five_failures_even_the_right_password_waits(site: None) -> None:
    make_account("ana", "viewer")
    for _ in range(5):
        assert sign_in("ana", "wrong").status_code == 401

    response = sign_in("ana", PASSWORD)

    assert response.status_code == 429
    assert 28 <= int(response["Retry-After"]) <= 30
    assert "Too many attempts" in response.content.decode()
    assert sign_in("ana", PASSWORD, address="10.0.0.9").status_code == 302
    assert sign_in("bob", "wrong").status_code == 401


def test_success_takes_the_failures_back(site: None) -> None:
    make_account("ana", "viewer")
    for _ in range(3):
        for _ in range(4):
            sign_in("ana", "wrong")
        assert sign_in("ana", PASSWORD).status_code == 302


def test_fifty_attempts_at_once_do_not_pass_the_limit(site: None) -> None:
    make_account("ana", "viewer")

    statuses = [response.status_code for response in at_once(50, lambda: sign_in("ana", "wrong"))]

    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) == 5


def test_each_further_failure_doubles_the_wait_up_to_fifteen_minutes(site: None) -> None:
    from serving.accounts.attempts import claim

    now, waits = NOW, []
    for _ in range(12):
        while wait := claim("key", now):
            waits.append(wait.total_seconds())
            now += wait

    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_failures_are_forgotten_after_a_day(site: None) -> None:
    from serving.accounts.attempts import FORGET, claim

    for _ in range(5):
        claim("key", NOW)
    later = NOW + FORGET + timedelta(seconds=1)

    assert [claim("key", later) for _ in range(5)] == [None] * 5
    assert claim("key", later) == timedelta(seconds=30)


def test_what_was_typed_is_not_kept(site: None) -> None:
    from serving.accounts.models import SignInAttempt

    sign_in("my secret typed into the wrong field", "x")

    [kept] = SignInAttempt.objects.all()
    assert len(kept.key) == 64 and "secret" not in kept.key


def _link(account: Any, minutes: int = 10) -> str:
    from serving.accounts.links import link_path

    return link_path(account, minutes)


def test_a_link_signs_in_once(site: None) -> None:
    link = _link(make_account("linked", "viewer"))
    first, second = Client(), Client()

    assert first.get(link).status_code == 302
    assert second.get(link).status_code == 403
    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


def test_of_many_who_follow_a_link_at_once_one_gets_in(site: None, database_url: str, connection: Connection) -> None:
    link = _link(make_account("raced", "viewer"))

    with closing(psycopg2.connect(database_url)) as holding, ThreadPoolExecutor(1) as beside:
        holding.cursor().execute("SELECT FROM account WHERE name = 'raced' FOR UPDATE")
        followed = beside.submit(at_once, 8, lambda: Client().get(link))
        until(lambda: _waiting(connection) == 8, "all eight have read the account and wait to change it")
        holding.rollback()
        statuses = [response.status_code for response in followed.result()]

    assert sorted(statuses) == [302] + [403] * 7


def _waiting(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return int(cursor.fetchone()[0])


def test_a_link_is_void_when_changed_when_old_and_when_its_account_ended(site: None) -> None:
    from django.utils.http import urlencode
    from sesame.utils import get_token

    account = make_account("changed", "viewer")
    link = _link(account, 10)

    assert Client().get(link.replace("minutes=10", "minutes=60")).status_code == 403
    # Not the last letter: some of its bits are not part of the signature.
    assert Client().get(link[:-5] + ("A" if link[-5] != "A" else "B") + link[-4:]).status_code == 403
    too_long = urlencode({"minutes": 600, "token": get_token(account, scope="sign-in within 600 minutes")})
    assert Client().get(f"/sign-in/link?{too_long}").status_code == 403
    account.is_active = False
    account.save()
    assert Client().get(link).status_code == 403


def test_a_link_is_void_after_its_minutes(site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    link = _link(make_account("late", "viewer"), 1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 61)

    assert Client().get(link).status_code == 403


def test_an_account_that_ended_has_no_session_any_more(site: None, database_url: str) -> None:
    from tests.integration.conftest import serving

    client = client_of("operator")
    assert client.get("/").status_code == 200

    ended = serving(database_url, "accounts", "end", "operator")

    assert ended.returncode == 0
    assert client.get("/").status_code == 302
    assert sign_in("operator", PASSWORD).status_code == 401


def test_a_token_works_until_it_ends_or_expires(site: None) -> None:
    from serving.accounts.roles import Role
    from serving.accounts.tokens import end_token, issue_token

    now = datetime.now(UTC)
    row, text = issue_token("a", Role.VIEWER, None)
    _, expired = issue_token("b", Role.VIEWER, now - timedelta(seconds=1))
    _, lasting = issue_token("c", Role.VIEWER, now + timedelta(days=1))

    def status(token: str) -> int:
        return Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/quotas").status_code

    assert (status(text), status(expired), status(lasting), status("lm_none"), status("")) == (
        200, 401, 200, 401, 401)
    end_token(row.id, now)
    assert status(text) == 401


def test_a_token_is_kept_as_a_hash_only(site: None) -> None:
    from django.forms.models import model_to_dict

    from serving.accounts.models import ApiToken
    from serving.accounts.roles import Role
    from serving.accounts.tokens import issue_token

    row, text = issue_token("hashed", Role.ADMIN, None)

    kept = model_to_dict(ApiToken.objects.get(id=row.id))
    assert all(text not in str(value) and text[3:] not in str(value) for value in kept.values())


def test_a_token_costs_one_query_and_a_session_two(site: None) -> None:
    token, session = client_of("viewer's token"), client_of("viewer")
    token.get("/metrics")  # notes its first use
    with counted_queries() as by_token:
        token.get("/api/v1/docs")
    with counted_queries() as by_session:
        session.get("/api/v1/docs")

    assert (len(by_token), len(by_session)) == (1, 2)
