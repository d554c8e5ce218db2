"""/healthz, /readyz and /metrics, and what is said while PostgreSQL is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from psycopg2.extensions import connection as Connection

from metering.streams import STREAMS
from metering.streams.machines import RESOURCE_USAGE
from tests.integration.conftest import administer, database
from tests.integration.people import client_of
from tests.integration.test_views import given, hour

pytestmark = pytest.mark.stack

NINE = datetime(2021, 2, 19, 21, tzinfo=UTC)


@pytest.fixture
def elsewhere(site: None, database_url: str) -> Iterator[None]:
    """Lets a test point Django at another database, and puts it back."""
    from serving.database import django_database

    yield
    _look_at(**django_database(database_url))


def _look_at(**settings: object) -> None:
    from django.db import connections

    connections.close_all()
    connections["default"].settings_dict.update(settings)


def test_ready_once_everything_is_applied(site: None) -> None:
    assert Client().get("/healthz").content == b"ok\n"
    response = Client().get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")


def test_not_ready_before_migrations(elsewhere: None, server_url: str) -> None:
    from serving.database import django_database

    with database(server_url) as url:
        _look_at(**django_database(url))
        response = Client().get("/readyz")
        _look_at(NAME="postgres")

    assert response.status_code == 503
    assert b"python -m serving migrate" in response.content


def test_not_ready_while_a_declared_stream_has_no_tables(
    elsewhere: None, server_url: str, migrated_template: str
) -> None:
    from serving.database import django_database

    with database(server_url, migrated_template) as url:
        administer(url, "DROP VIEW {}", RESOURCE_USAGE.rollups[0].hourly_merged or "")
        _look_at(**django_database(url))
        response = Client().get("/readyz")
        _look_at(NAME="postgres")

    assert response.status_code == 503
    assert response.content == b"service_hour of a declared stream is not there: run `python -m serving migrate`\n"


def test_not_ready_but_alive_while_postgresql_is_away(elsewhere: None) -> None:
    _look_at(PORT="1")

    assert Client().get("/healthz").status_code == 200
    response = Client().get("/readyz")
    assert (response.status_code, response.content) == (503, b"PostgreSQL does not answer\n")


def test_while_postgresql_is_away_machines_and_people_are_told(elsewhere: None) -> None:
    _look_at(PORT="1")
    client = Client(raise_request_exception=False, headers={"Authorization": "Bearer lm_x"})

    response = client.get("/api/v1/usage")

    assert response.status_code == 503
    assert json.loads(response.content)["found"] == "PostgreSQL"
    page = client.get("/usage")
    assert page.status_code == 503
    assert b"Traceback" not in page.content


def test_metrics_hold_the_databases_numbers(site: None, connection: Connection) -> None:
    from serving.metrics.names import METRICS

    given(connection, hours=[hour(NINE, True), hour(NINE.replace(hour=22), False)])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset) "
            "VALUES ('devices', 0, 10, 100, 130), ('devices', 1, 0, 50, 20);"
            "INSERT INTO dead_letter (topic, partition, \"offset\", reason, raw) VALUES "
            "('devices', 0, 1, 'PARSE', ''), ('devices', 0, 2, 'PARSE', ''), ('devices', 0, 3, 'ID', '');"
            "INSERT INTO offset_gap (topic, partition, first_offset, last_offset, reason) "
            "VALUES ('devices', 0, 5, 9, 'deleted');"
            "INSERT INTO batch_run (topic, sealed_generation, finished_at) "
            "VALUES ('devices', 1, now() - interval '90 seconds');"
            "UPDATE hour_state SET failed = 'a file is missing' WHERE NOT final;"
            "INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok) VALUES "
            "(1, 'devices', now(), 'a', 1, 1, 1, 0, TRUE), (2, 'devices', now(), 'a', 1, 1, 1, 0, TRUE), "
            "(2, 'devices', now(), 'b', 1, 2, 1, 0, FALSE);")

    response = client_of("viewer's token").get("/metrics")

    families = list(text_string_to_metric_families(response.content.decode()))
    assert {family.name for family in families} == {metric.name for metric in METRICS}
    found = {(s.name, tuple(sorted(s.labels.values()))): s.value for family in families for s in family.samples}
    assert found["lambdameter_lag_messages", ("0", "devices")] == 30
    assert found["lambdameter_lag_messages", ("1", "devices")] == 0
    assert found["lambdameter_committed_messages_total", ("0", "devices")] == 90
    assert found["lambdameter_dead_letters", ("PARSE", "devices", "open")] == 2
    assert found["lambdameter_gap_messages_total", ("0", "devices")] == 5
    assert found["lambdameter_hours", ("devices", "final")] == 1
    assert found["lambdameter_hours", ("devices", "provisional")] == 1
    assert found["lambdameter_hours", ("devices", "failed")] == 1
    assert 90 <= found["lambdameter_last_batch_run_age_seconds", ("devices",)] < 120
    assert 0 <= found["lambdameter_last_slice_age_seconds", ("devices",)] < 30
    assert found["lambdameter_last_proof_ok", ("devices",)] == 0


def test_every_metric_tells_of_which_topic_it_is(site: None) -> None:
    from serving.metrics.names import METRICS
    from serving.metrics.scrape import scrape

    rows = next(f for f in text_string_to_metric_families(scrape().decode()) if f.name == "lambdameter_rows")
    topics = {sample.labels["table"]: sample.labels["topic"] for sample in rows.samples}

    assert all("topic" in metric.labels for metric in METRICS)
    assert (topics["bytes"], topics["service_minute_batch"], topics["hour_state"]) == ("devices", "resource_usage", "")
    assert set(topics.values()) == {*STREAMS, ""}


def test_metrics_of_an_empty_database_name_every_family(
    elsewhere: None, server_url: str, migrated_template: str
) -> None:
    from serving.database import django_database
    from serving.metrics.names import METRICS
    from serving.metrics.scrape import scrape

    with database(server_url, migrated_template) as url:
        _look_at(**django_database(url))
        families = list(text_string_to_metric_families(scrape().decode()))
        _look_at(NAME="postgres")

    assert {family.name for family in families} == {metric.name for metric in METRICS}
