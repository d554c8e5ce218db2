"""The API: the pages' numbers and marks as JSON and CSV, and clear answers to what cannot be read."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from psycopg2.extensions import connection as Connection

from metering.streams.devices import APP, USER
from tests.integration.people import client_of, counted_queries
from tests.integration.test_views import given, hour

pytestmark = pytest.mark.stack

NINE = datetime(2021, 2, 19, 21, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
RANGE = "from=2021-02-19T21:00Z&to=2021-02-19T23:00Z"
FORMULA = ("=cmd|'/c calc'!A1", "u5")


@pytest.fixture(scope="module")
def client(site: None) -> Client:
    return client_of("viewer's token")


@pytest.fixture(scope="module", autouse=True)
def _numbers(site: None, database_url: str) -> None:
    import psycopg2

    with psycopg2.connect(database_url) as connection:
        given(
            connection, users=[("u5", FORMULA[0], "fede@gmail.com", 5000)],
            bytes_batch=[
                (NINE, "u5", 57000, USER), (NINE + timedelta(minutes=5), "u5", 22, USER), (NINE, "u6", 2**60, USER),
                (NINE, "SKYPE", 57022, APP), (TEN, "u5", 1000, USER)],
            bytes_hourly=[(NINE, "u5", 57022, USER), (NINE, "u6", 2**60, USER), (TEN, "u5", 1000, USER)],
            bytes=[(TEN + timedelta(minutes=5), "u5", 4500, USER, 4)],
            hours=[hour(NINE, True), hour(TEN, False)],
            limits=[(NINE, "fede@gmail.com", 57022, 5000)])
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO proof (topic, hour, type, realtime, archive, batch, duplicates, ok, run) "
                "VALUES ('devices', %s, %s, 57022, 57022, 57022, 0, TRUE, 7), "
                "('resource_usage', %s, 'service_minute.cpu', 1200.125, 1200.125, 1200, 0.125, TRUE, 8), "
                "('resource_usage', %s, 'service_minute.msg_num', 31, 31, 30, 1, TRUE, 8)", (NINE, USER, NINE, NINE))
            cursor.execute(
                "INSERT INTO hour_state (topic, hour, final, published_generation, revision, events, duplicates) "
                "VALUES ('resource_usage', %s, TRUE, 3, 1, 30, 1)", (NINE,))


def ask(client: Client, address: str, status: int = 200) -> Any:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == status, response.content
    return json.loads(response.content)


def table(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(f"/api/v1/{address}&format=csv")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


def test_usage_by_hour_has_each_row_with_its_mark(client: Client) -> None:
    answer = ask(client, f"usage?{RANGE}&by=user&granularity=hour")

    rows = [
        (row["timestamp"], row["id"], row["value"], row["provisional"], row["finality"]) for row in answer["rows"]]
    assert rows == [
        ("2021-02-19T21:00:00Z", "u6", 2**60, False, "final"),
        ("2021-02-19T21:00:00Z", "u5", 57022, False, "final"),
        ("2021-02-19T22:00:00Z", "u5", 5500, True, "provisional")]
    assert (answer["count"], answer["granularity"], answer["by"], answer["next"]) == (3, "hour", "user", None)


def test_usage_is_cut_by_the_ranges_length_when_nothing_is_said(client: Client) -> None:
    answer = ask(client, f"usage?{RANGE}&id=u5")

    assert answer["granularity"] == "5min"
    assert [row["value"] for row in answer["rows"]] == [57000, 22, 1000, 4500]


def test_usage_by_app_and_totals_alone(client: Client) -> None:
    answer = ask(client, f"usage?{RANGE}&by=app&show=totals")

    [row] = answer["rows"]
    assert (row["id"], row["value"], row["type"], row["name"]) == ("SKYPE", 57022, APP, None)


def test_times_carry_the_offset_of_the_zone(client: Client) -> None:
    answer = ask(client, "usage?from=2021-02-19&to=2021-02-19&tz=America/Argentina/Buenos_Aires&granularity=day")

    assert answer["start"] == "2021-02-19T00:00:00-03:00"
    assert answer["end"] == "2021-02-20T00:00:00-03:00"
    assert answer["rows"][1]["timestamp"] == "2021-02-19T00:00:00-03:00"


def test_pages_follow_each_other_by_their_links(client: Client) -> None:
    address, seen = f"/api/v1/usage?{RANGE}&granularity=5min&limit=2", []
    while address:
        answer = json.loads(client.get(address).content)
        seen += [(row["timestamp"], row["id"]) for row in answer["rows"]]
        address = answer["next"]

    whole = ask(client, f"usage?{RANGE}&granularity=5min")
    assert seen == [(row["timestamp"], row["id"]) for row in whole["rows"]]
    assert len(seen) == 5


def test_quotas(client: Client) -> None:
    rows = ask(client, f"quotas?{RANGE}")["rows"]

    assert [(row["timestamp"], row["usage"], row["provisional"], row["finality"]) for row in rows] == [
        ("2021-02-19T22:00:00Z", 5500, True, "provisional"), ("2021-02-19T21:00:00Z", 57022, False, "final")]


def test_proof_shows_both_counts_of_each_type(client: Client) -> None:
    answer = ask(client, f"proof?{RANGE}&stream=devices")

    found = {(row["hour"], row["type"]): row for row in answer["rows"]}
    assert len(answer["rows"]) == 3 * answer["count"]
    proven = found["2021-02-19T21:00:00Z", USER]
    assert (proven["realtime"], proven["archive"], proven["batch"], proven["ok"], proven["run"]) == (
        57022, 57022, 57022, True, 7)
    assert proven["finality"] == "final"
    assert found["2021-02-19T22:00:00Z", USER]["finality"] == "provisional"


def test_proof_covers_every_stream_and_says_which(client: Client) -> None:
    both, samples = ask(client, f"proof?{RANGE}"), ask(client, f"proof?{RANGE}&stream=resource_usage")

    assert samples["rows"] == [row for row in both["rows"] if row["stream"] == "resource_usage"]
    assert (both["count"], samples["count"], {row["stream"] for row in both["rows"]}) == (
        3, 1, {"devices", "resource_usage"})
    found = {row["type"]: row for row in samples["rows"]}
    cpu, messages = found["service_minute.cpu"], found["service_minute.msg_num"]
    assert (cpu["realtime"], cpu["batch"], cpu["duplicates"]) == ("1200.125", "1200.000", "0.125")
    assert (messages["realtime"], messages["batch"], messages["duplicates"]) == (31, 30, 1)
    assert (cpu["verdict"], cpu["events"], cpu["repeats"], cpu["waiting"]) == ("proven", 30, 1, 0)
    assert found["service_minute.ram"]["batch"] is None


def test_pages_of_the_proof_hold_each_hour_of_each_stream_once(client: Client) -> None:
    seen, address = [], f"/api/v1/proof?{RANGE}&limit=1"
    while address:
        answer = json.loads(client.get(address).content)
        seen.append({(row["hour"], row["stream"]) for row in answer["rows"]})
        address = answer["next"]

    assert [len(page) for page in seen] == [1, 1, 1] and len(set.union(*seen)) == 3


@pytest.mark.parametrize("address", ["usage?granularity=hour", "quotas?x=1", "proof?x=1"])
def test_csv_holds_what_json_holds(client: Client, address: str) -> None:
    rows = ask(client, f"{address}&{RANGE}")["rows"]

    lines = table(client, f"{address}&{RANGE}")

    assert list(lines[0]) == list(rows[0])
    for line, row in zip(lines, rows, strict=True):
        for name, value in row.items() - {"proved_at": row.get("proved_at")}.items():  # JSON has milliseconds
            text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
            assert line[name].replace("+00:00", "Z").lstrip("'") == text, name


def test_csv_quotes_what_a_spreadsheet_would_run(client: Client) -> None:
    names = {line["name"] for line in table(client, f"usage?{RANGE}&id={FORMULA[1]}")}

    assert names == {f"'{FORMULA[0]}"}


def test_a_downloads_name_tells_its_range(client: Client) -> None:
    response = client.get(f"/api/v1/usage?{RANGE}&format=csv")

    assert "usage_user_2021-02-19T21-00+0000_2021-02-19T23-00+0000.csv" in response["Content-Disposition"]


FAULTS = {
    "usage?from=yesterday": ("from", "yesterday"),
    "usage?from=2021-02-30": ("from", "2021-02-30"),
    "usage?from=2021-02-21&to=2021-02-19": ("from", "2021-02-21"),
    "usage?to=now-": ("to", "now-"),
    "usage?tz=Mars/Olympus": ("tz", "Mars/Olympus"),
    "usage?by=planet": ("by", "planet"),
    "usage?granularity=week": ("granularity", "week"),
    "usage?show=all": ("show", "all"),
    "usage?sort=;drop": ("sort", ";drop"),
    "usage?id=../etc": ("id", "../etc"),
    "usage?format=xml": ("format", "xml"),
    "usage?limit=0": ("limit", "0"),
    "usage?limit=1e9": ("limit", "1e9"),
    "usage?page=-1": ("page", "-1"),
    "usage?page=99999999999999999999999": ("page", "99999999999999999999999"),
    "quotas?from=x": ("from", "x"),
    "quotas?limit=ten": ("limit", "ten"),
    "proof?from=x": ("from", "x"),
    "proof?page=0": ("page", "0"),
    "proof?stream=oranges": ("stream", "oranges"),
    "proof?stream=%00": ("stream", "\x00"),
    "usage?from=%00": ("from", "\x00"),
    "usage?tz=%00": ("tz", "\x00"),
    "quotas?email=%00": ("email", "\x00"),
}


@pytest.mark.parametrize("address", FAULTS)
def test_what_cannot_be_read_is_named(client: Client, address: str) -> None:
    answer = ask(client, address, status=400)

    field, found = FAULTS[address]
    assert (answer["field"], answer["found"]) == (field, found)
    assert answer["want"]


def test_an_unknown_address_and_a_wrong_method_are_told(client: Client) -> None:
    assert ask(client, "usages", status=404)["field"] == "path"
    assert client.put("/api/v1/usage").status_code in (403, 405)


def test_the_document_lists_every_question_and_how_to_sign_in(client: Client) -> None:
    document = ask(client, "openapi.json")

    assert set(document["paths"]) >= {"/api/v1/usage", "/api/v1/quotas", "/api/v1/proof"}
    names = {parameter["name"] for parameter in document["paths"]["/api/v1/usage"]["get"]["parameters"]}
    assert names >= {"from", "to", "tz", "by", "granularity", "id", "page", "limit", "format", "sort"}
    assert {"BearerToken", "Session"} <= set(document["components"]["securitySchemes"])


def test_the_documents_page_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()

    assert "https://" not in page
    assert "/static/ninja/swagger-ui" in page


@pytest.mark.parametrize(
    ("address", "most"),
    [(f"usage?{RANGE}", 5), (f"usage?{RANGE}&granularity=hour", 5), (f"quotas?{RANGE}", 4), (f"proof?{RANGE}", 4)])
def test_a_question_costs_the_same_few_queries_whatever_it_finds(
    client: Client, connection: Connection, address: str, most: int
) -> None:
    with counted_queries() as statements:
        ask(client, address)

    questions = [one for one in statements if "SAVEPOINT" not in one and one not in ("BEGIN", "COMMIT")]
    assert len(questions) <= most, questions
