"""The pages of tariffs: the list, one with its history, a version added as text; and their API."""

from __future__ import annotations

import json
from contextlib import closing

import psycopg2
import pytest

from metering.domain.billing.tariffs import version_of
from metering.domain.billing.written import written
from tests.integration.people import client_of, counted_queries
from tests.lib.sample_tariffed import PER_GB, fill_tariffed

pytestmark = pytest.mark.stack

DEARER = written(version_of(PER_GB | {
    "valid_from": "2026-08-01T00:00:00Z", "price": {"model": "per_unit", "price": "0.12"}}))


@pytest.fixture(scope="module", autouse=True)
def filled(site: None, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection:
        fill_tariffed(connection)


def test_a_version_is_added_as_text_and_is_then_in_the_history() -> None:
    operator = client_of("operator's token")

    begun = operator.get("/tariffs/versions/add?name=mobile").content.decode()
    assert "name = &quot;mobile&quot;" in begun
    added = operator.post("/tariffs/versions/add", {"text": DEARER})
    assert (added.status_code, added["Location"]) == (302, "/tariffs/mobile")
    assert operator.post("/tariffs/versions/add", {"text": DEARER}).status_code == 302  # again: changes nothing

    shown = client_of("viewer").get("/tariffs/mobile").content.decode()
    assert shown.count("As text") == 2
    assert shown.index("0.12 EUR for each 1,000,000,000 B") < shown.index("0.1 EUR for each 1,000,000,000 B")
    rows = json.loads(client_of("viewer").get("/api/v1/tariffs?name=mobile").content)
    assert [(row["valid_from"], row["until"]) for row in rows] == [
        ("2026-01-01T00:00:00Z", "2026-08-01T00:00:00Z"), ("2026-08-01T00:00:00Z", None)]
    assert rows[1]["created_by"] == client_of("operator's token").get("/tariffs").wsgi_request.user.get_username()


def test_every_fault_is_shown_and_nothing_is_added() -> None:
    bad = DEARER.replace('"EUR"', '"euro"').replace('"0.12"', "0.12").replace("mobile", "mobile-2")

    refused = client_of("admin's token").post("/tariffs/versions/add", {"text": bad})

    shown = refused.content.decode()
    assert refused.status_code == 400
    assert "currency is" in shown and "price.price is 0.12" in shown and "mobile-2" in shown
    assert client_of("viewer").get("/tariffs/mobile-2").status_code == 404


def test_a_version_is_never_changed() -> None:
    changed = written(version_of(PER_GB)).replace('"0.1"', '"0.2"')

    refused = client_of("operator's token").post("/tariffs/versions/add", {"text": changed})

    assert refused.status_code == 400
    assert "is there and says something else" in refused.content.decode()


def test_the_list_spells_prices_out_and_needs_few_questions() -> None:
    viewer = client_of("viewer")
    with counted_queries() as statements:
        shown = viewer.get("/tariffs").content.decode()

    assert "5 EUR for each month with any use hold 20 EUR" in shown
    assert "beyond them 0.1 EUR for each 1 EUR" in shown
    assert "Add a version" not in shown
    assert len(statements) < 15
    lines = b"".join(viewer.get("/tariffs?format=csv")).decode().splitlines()  # type: ignore[arg-type]
    assert lines[0].startswith("name,valid_from,until,state")
    assert lines[1].startswith("handling,2026-01-01T00:00:00+00:00,,")


def test_an_unknown_tariff_is_not_found() -> None:
    assert client_of("viewer").get("/tariffs/nobody").status_code == 404
