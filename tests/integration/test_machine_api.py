"""The API of machines: hour lines that add up, marks, clear faults, and the addresses of the first version."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.test import Client
from psycopg2.extras import execute_values

from tests.integration.people import client_of, counted_queries

pytestmark = pytest.mark.stack

RANGE = "from=2026-03-01T20:00Z&to=2026-03-02T02:00Z"
TARIFF = """
[[version]]
valid_from = 2026-03-01T21:00:00Z
currency = "EUR"
unit = "percent_hour"
cpu = "0.05"
memory = "0.01"

[[version]]
valid_from = 2026-03-02
currency = "CHF"
unit = "percent_sample"
cpu = "0.002"
memory = "0.001"
"""
HOURS = [  # day, hour, cpu, ram, cpu_percent_s, ram_percent_s, sampled_s, samples
    (1, 20, "10.000", "20.000", "600.000", "1200.000", 60, 1),
    (1, 21, "90.125", "30.000", "5407.500", "1800.000", 60, 1),
    (1, 22, "0.000", "0.000", "0.000", "0.000", 0, 3),
    (2, 0, "12.345", "60.001", "740.700", "3600.060", 60, 1),
]
REALTIME = (2, 1, "7.000", "8.000", "70.000", "80.000", 10, 1)


@pytest.fixture(scope="module", autouse=True)
def _hours(site: None, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        execute_values(
            cursor, "INSERT INTO machine_hour_batch (machine_id, hour, cpu, ram, cpu_percent_s, ram_percent_s,"
            " sampled_s, samples) VALUES %s",
            [("m-1", at(day, hour), *sums) for day, hour, *sums in HOURS] + [("m-2", at(1, 21), 1, 1, 1, 1, 1, 1)])
        execute_values(
            cursor, "INSERT INTO machine_minute_realtime (machine_id, minute, cpu, ram, cpu_percent_s, ram_percent_s,"
            " sampled_s, samples, generation) VALUES %s", [("m-1", at(*REALTIME[:2]), *REALTIME[2:], 3)])
        execute_values(
            cursor, "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
            " VALUES %s", [("resource_usage", at(day, hour), 2, 1, 1, 0, True) for day, hour, *_ in HOURS])
        cursor.execute(
            "INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)"
            " VALUES ('resource_usage', %s, 2, 'machine_minute.cpu', 'm-1', 1, 90.125, 'late')", (at(1, 21),))


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tariff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from serving.tariff import machine_tariff

    (tmp_path / "machine_tariff.toml").write_text(TARIFF)
    monkeypatch.setenv("LAMBDAMETER_CONF", str(tmp_path))
    machine_tariff.cache_clear()
    yield
    machine_tariff.cache_clear()


@pytest.fixture(scope="module")
def client(site: None) -> Client:
    return client_of("viewer's token")


def ask(client: Client, address: str, status: int = 200) -> Any:
    response = client.get(f"/api/{address}")
    assert response.status_code == status, response.content
    return json.loads(response.content)


def test_each_hour_is_priced_by_the_version_at_its_start_and_the_lines_add_up(client: Client) -> None:
    answer = ask(client, f"v1/machines/m-1/cost?{RANGE}")

    lines = [(row["hour"], row["cpu"], row["memory"], row["cost"], row["currency"]) for row in answer["rows"]]
    assert lines == [
        ("2026-03-01T20:00:00Z", None, None, None, None),
        # 0.05 × 5407.5 / 3600 = 0.0751041666…; 0.01 × 1800 / 3600 = 0.005
        ("2026-03-01T21:00:00Z", "0.075104", "0.005000", "0.080104", "EUR"),
        ("2026-03-01T22:00:00Z", "0.000000", "0.000000", "0.000000", "EUR"),
        # 0.002 × 12.345 = 0.02469; 0.001 × 60.001 = 0.060001
        ("2026-03-02T00:00:00Z", "0.024690", "0.060001", "0.084691", "CHF"),
        ("2026-03-02T01:00:00Z", "0.014000", "0.008000", "0.022000", "CHF")]
    assert answer["totals"] == [
        {"currency": "EUR", "cpu": "0.075104", "memory": "0.005000", "cost": "0.080104"},
        {"currency": "CHF", "cpu": "0.038690", "memory": "0.068001", "cost": "0.106691"}]
    assert answer["unpriced_hours"] == 1
    assert [row["finality"] for row in answer["rows"]] == ["final", "corrected", "final", "final", "provisional"]
    assert (answer["finality"], answer["provisional"], answer["count"]) == ("provisional", True, 5)
    first, priced = answer["rows"][0], answer["rows"][1]
    assert (first["unit"], first["cpu_rate"]) == (None, None)
    assert (priced["unit"], priced["cpu_rate"], priced["memory_rate"]) == ("percent_hour", "0.05", "0.01")
    assert priced["valid_from"] == "2026-03-01T21:00:00Z"


def test_usage_has_the_sums_of_each_hour_and_of_all(client: Client) -> None:
    answer = ask(client, f"v1/machines/m-1/usage?{RANGE}&tz=Asia/Kolkata")

    assert answer["total"] == {
        "cpu": "119.470", "ram": "118.001", "cpu_percent_s": "6818.200", "ram_percent_s": "6680.060",
        "sampled_s": 190, "samples": 7}
    for name in ("cpu", "ram", "cpu_percent_s", "ram_percent_s"):
        assert sum(Decimal(row[name]) for row in answer["rows"]) == Decimal(answer["total"][name])
    assert answer["rows"][0]["hour"] == "2026-03-02T01:30:00+05:30"
    assert answer["rows"][2]["samples"] == 3 and answer["rows"][2]["sampled_s"] == 0


@pytest.mark.parametrize(("question", "total"), [("cost", "totals"), ("usage", "total")])
def test_the_total_is_of_all_pages(client: Client, question: str, total: str) -> None:
    whole = ask(client, f"v1/machines/m-1/{question}?{RANGE}")
    address, lines = f"/api/v1/machines/m-1/{question}?{RANGE}&limit=2", []
    while address:
        answer = json.loads(client.get(address).content)
        lines += answer["rows"]
        assert (answer[total], answer["count"], answer["finality"]) == (whole[total], 5, "provisional")
        address = answer["next"]

    assert lines == whole["rows"]


def test_csv_holds_what_json_holds(client: Client) -> None:
    for address in (f"v1/machines/m-1/cost?{RANGE}", f"v1/machines/m-1/usage?{RANGE}", f"usage?{RANGE}"):
        rows = ask(client, address)["rows"]
        response = client.get(f"/api/{address}&format=csv")
        lines = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
        assert [list(line) for line in lines] == [list(row) for row in rows]
        for line, row in zip(lines, rows, strict=True):
            for name, value in row.items():
                text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
                assert line[name].replace("+00:00", "Z") == text, name


def test_the_first_versions_addresses_give_the_same_numbers(client: Client) -> None:
    assert ask(client, f"cost/m-1?{RANGE}") == ask(client, f"v1/machines/m-1/cost?{RANGE}")
    rows = {row["machine_id"]: row for row in ask(client, f"usage?{RANGE}")["rows"]}
    total = ask(client, f"v1/machines/m-1/usage?{RANGE}")["total"]
    assert {name: rows["m-1"][name] for name in total} == total
    assert (rows["m-1"]["finality"], rows["m-2"]["finality"]) == ("provisional", "final")


def test_without_a_range_the_first_versions_addresses_mean_today(client: Client) -> None:
    for address in ("usage", "cost/m-1"):
        start = datetime.fromisoformat(ask(client, address)["start"])
        assert (start.hour, start.minute, start.date()) == (0, 0, datetime.now(UTC).date())


def test_machines_are_listed_with_their_last_minute(client: Client, database_url: str) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO machine_minute_realtime (machine_id, minute, generation) VALUES ('m-9', %s, 3)", (now,))

    answer = ask(client, "v1/machines")
    assert [(row["machine_id"], datetime.fromisoformat(row["last_minute"])) for row in answer["rows"]] == [("m-9", now)]
    assert ask(client, "v1/machines?find=M-9")["count"] == 1 and ask(client, "v1/machines?find=m-1")["count"] == 0


@pytest.mark.parametrize("address", ["v1/machines/nobody/usage", "v1/machines/nobody/cost", "cost/nobody"])
def test_an_unknown_machine_is_told(client: Client, address: str) -> None:
    answer = ask(client, address, status=404)

    assert (answer["field"], answer["found"]) == ("machine_id", "nobody")
    assert ask(client, address.replace("nobody", "a%00b"), status=404)["field"] == "machine_id"


@pytest.mark.parametrize("address", ["v1/machines/m-1/usage", "v1/machines/m-1/cost", "cost/m-1", "usage"])
@pytest.mark.parametrize(
    ("query", "field"),
    [("from=soon", "from"), ("from=2026-03-02&to=2026-03-01", "from"), ("tz=Mars/X", "tz"), ("limit=0", "limit"),
     ("page=x", "page"), ("format=xml", "format"), ("to=%00", "to")])
def test_what_cannot_be_read_is_named(client: Client, address: str, query: str, field: str) -> None:
    assert ask(client, f"{address}?{query}", status=400)["field"] == field


def test_a_known_machine_without_samples_in_the_range_has_no_lines_and_no_total(client: Client) -> None:
    answer = ask(client, "v1/machines/m-1/cost?from=2020-01-01&to=2020-01-02")

    assert (answer["rows"], answer["totals"], answer["unpriced_hours"]) == ([], [], 0)


def test_the_documents_list_the_addresses(client: Client) -> None:
    new = ask(client, "v1/openapi.json")["paths"]
    assert {path.removeprefix("/api/v1") for path in new} >= {
        "/machines", "/machines/{machine_id}/usage", "/machines/{machine_id}/cost"}
    assert set(ask(client, "openapi.json")["paths"]) == {"/api/usage", "/api/cost/{machine_id}"}


@pytest.mark.parametrize(
    ("address", "most"), [("v1/machines/m-1/cost", 3), ("v1/machines/m-1/usage", 3), ("usage", 3), ("v1/machines", 3)])
def test_a_question_costs_the_same_few_queries(client: Client, address: str, most: int) -> None:
    with counted_queries() as statements:
        ask(client, f"{address}?{RANGE}" if address != "v1/machines" else address)

    questions = [one for one in statements if "SAVEPOINT" not in one and one not in ("BEGIN", "COMMIT")]
    assert len(questions) <= most, questions  # the token, what opens the snapshot, the question
