"""Every address × everyone: who may see what. An address that is not listed here fails the run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.integration.people import WHO, client_of

pytestmark = pytest.mark.stack

EVENTS = "proof/2021-02-19T21/events"  # 503 here, since no test gives this site an archive
INVOICES = {f"{base}invoices{path}" for base in ("", "api/v1/") for path in ("", "/draft", "/INV-000001")}
ANSWERS = {EVENTS: 503, "invoices/draft": 400, "api/v1/invoices/draft": 400,  # a draft of no account
           "api/v1/what-if/tariff": 400}  # no candidate
OPEN = {"healthz", "readyz", "sign-in", "sign-in/link"}
READ = {
    *INVOICES,
    "", "usage", "quotas", "proof", "proof/2021-02-19T21", EVENTS, "health", "metrics", "services", "machines",
    "machines/m-1", "events", "offers", "dashboards", "dashboards/1", "billing", "billing/m-1",
    "api/v1/usage", "api/v1/quotas", "api/v1/proof", "api/v1/docs", "api/v1/openapi.json",
    "api/v1/machines", "api/v1/machines/m-1/usage", "api/v1/machines/m-1/cost", "api/usage", "api/cost/m-1",
    "api/openapi.json", "alerts", "api/v1/alerts", "api/v1/alerts/deliveries", "api/v1/alerts/rules",
    "api/v1/alerts/budgets", "api/v1/billing", "tariffs", "tariffs/m-1", "what-if", "what-if/quota", "api/v1/tariffs",
    "api/v1/what-if/tariff", "api/v1/what-if/quota", "dead-letters", "dead-letters/m-1/0/1", "gaps",
    "api/v1/dead-letters", "api/v1/gaps",
    *(f"api/v1/billing/{table}" for table in ("windows", "panes", "pending", "too-late"))}
MACHINES = {path for path in READ if path.startswith(("api/", "metrics"))}
POST_BY_ANYONE = {"sign-out"}
OPERATOR_WRITES = {
    "dashboards/new", "dashboards/import", "dashboards/1/edit", "dashboards/1/delete", "alerts/rules/new",
    "alerts/rules/1/end", "alerts/budgets/set", "alerts/budgets/remove", "tariffs/versions/add",
    "dead-letters/replay", "dead-letters/discard", "gaps/acknowledge"}
ADMIN_READS = {"people"}
ADMIN_WRITES = {"people/<str:name>/end", "tokens/<int:token_id>/end"}
NOT_A_PAGE = {"api/v1/", "api/"}  # the roots of the APIs, known to the router only to find the others


@pytest.fixture(scope="module")
def clients(site: None) -> dict[str, Client]:
    return {who: client_of(who) for who in WHO}


def _paths() -> Iterator[str]:
    from django.urls import get_resolver

    def walk(patterns: list, before: str) -> Iterator[str]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            yield from walk(pattern.url_patterns, route) if hasattr(pattern, "url_patterns") else [route]

    yield from walk(get_resolver().url_patterns, "")


def test_every_address_of_the_site_is_in_this_matrix(site: None) -> None:
    known = OPEN | READ | POST_BY_ANYONE | OPERATOR_WRITES | ADMIN_READS | ADMIN_WRITES | NOT_A_PAGE

    named = {"<int:number>": "1", "<str:hour>": "2021-02-19T21", "<str:machine_id>": "m-1", "<machine_id>": "m-1",
             "<str:company_id>": "m-1", "<str:tariff_name>": "m-1", "<str:number>": "INV-000001",
             "<number>": "INV-000001", "<str:topic>": "m-1", "<int:partition>": "0", "<int:offset>": "1"}
    a_name = re.compile("<(?:str:|int:)?(?:hour|machine_id|company_id|tariff_name|number|topic|partition|offset)>")
    assert {a_name.sub(lambda part: named[part[0]], path) for path in _paths()} == known


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("path", sorted(OPEN | READ))
def test_reading(clients: dict[str, Client], who: str, path: str) -> None:
    response = clients[who].get(f"/{path}")

    if path == "sign-in/link":
        assert response.status_code == 403  # without a token in it
    elif who != "stranger" or path in OPEN:
        assert response.status_code in (200, ANSWERS.get(path, 404)), response.content
    elif path in MACHINES:
        assert response.status_code == 401
        assert json.loads(response.content)["field"] == "Authorization"
        assert response["WWW-Authenticate"] == "Bearer"
    else:
        assert response.status_code == 302
        assert response["Location"] == f"/sign-in?next=/{path}"


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("path", sorted(READ))
def test_nobody_changes_anything_by_writing_to_what_is_read(
    clients: dict[str, Client], who: str, path: str
) -> None:
    response = clients[who].post(f"/{path}")

    assert response.status_code in (302, 401, 403, 405)
    if who in ("viewer", "viewer's token"):
        assert response.status_code == 403


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("path", sorted(OPERATOR_WRITES))
def test_only_an_operator_changes_what_people_keep(clients: dict[str, Client], who: str, path: str) -> None:
    if path.endswith("delete") and who.startswith(("operator", "admin")):
        path = path.replace("/1/", "/999999/")
    refused = 302 if who == "stranger" else 403

    status = clients[who].post(f"/{path}").status_code

    assert status in (400, 404) if who.startswith(("operator", "admin")) else status == refused


@pytest.mark.parametrize("who", WHO)
def test_people_are_the_administrators_business(clients: dict[str, Client], who: str) -> None:
    from serving.accounts.models import Account, ApiToken
    from serving.accounts.roles import Role
    from serving.accounts.tokens import issue_token
    from tests.integration.people import make_account

    make_account("leaving", "viewer")
    token, _ = issue_token("leaving", Role.VIEWER, None)
    allowed, refused = (200, 302) if who.startswith("admin") else (403, 403)
    if who == "stranger":
        allowed = refused = 302

    assert clients[who].get("/people").status_code == allowed
    assert clients[who].post("/people/leaving/end").status_code == refused
    assert clients[who].post(f"/tokens/{token.id}/end").status_code == refused
    ended = (not Account.objects.get(name="leaving").is_active, bool(ApiToken.objects.get(id=token.id).ended_at))
    assert ended == ((True, True) if who.startswith("admin") else (False, False))
    Account.objects.filter(name="leaving").delete()


def test_the_page_of_people_takes_four_queries_however_many_there_are(site: None) -> None:
    from tests.integration.people import counted_queries

    admin = client_of("admin")
    with counted_queries() as statements:
        admin.get("/people")

    assert len(statements) == 4  # session, account, accounts, tokens


@pytest.mark.parametrize("who", ["viewer", "operator", "admin"])
def test_everyone_may_sign_out(site: None, who: str) -> None:
    client = client_of(who)

    response = client.post("/sign-out")

    assert (response.status_code, response["Location"]) == (302, "/sign-in")
    assert client.get("/").status_code == 302


def test_signing_out_by_a_link_is_refused(clients: dict[str, Client]) -> None:
    assert clients["admin"].get("/sign-out").status_code == 405


def test_a_form_from_elsewhere_is_refused(site: None) -> None:
    from tests.integration.people import make_account

    client = Client(enforce_csrf_checks=True)
    client.force_login(make_account("admin", "admin"), backend="django.contrib.auth.backends.ModelBackend")

    assert client.post("/sign-out").status_code == 403


@pytest.mark.parametrize("path", ["", "sign-in", "usage", "api/v1/docs", "api/v1/usage", "nothing-here"])
def test_every_answer_carries_the_strict_policy(clients: dict[str, Client], path: str) -> None:
    response = clients["admin"].get(f"/{path}")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_a_request_for_another_host_is_refused(site: None) -> None:
    assert Client(headers={"Host": "evil.example.org"}).get("/healthz").status_code == 400
