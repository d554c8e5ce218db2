"""The migrations make the tables and views that the contract names."""

from __future__ import annotations

from decimal import Decimal

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from metering.domain.rollup import Rollup
from metering.domain.stream import Stream
from metering.streams.billing import BILLING
from metering.streams.devices import BYTES, DEVICES
from metering.streams.machines import RESOURCE_USAGE
from serving.schema.statements import read_sql
from tests.integration.conftest import database, serving

pytestmark = pytest.mark.stack

HOUR = "2021-02-19T21:00:00+00:00"
CONTRACT: dict[str, dict[str, object]] = {
    "user_metadata": {"id": "u1", "name": "Fede", "email": "fede@gmail.com", "quota": 5000},
    "bytes": {"timestamp": HOUR, "id": "u1", "value": 2**70, "type": "user_total_bytes", "generation": 1},
    "bytes_batch": {"timestamp": HOUR, "id": "u1", "value": 2**70, "type": "user_total_bytes"},
    "bytes_hourly": {"timestamp": HOUR, "id": "u1", "value": 2**70, "type": "user_total_bytes"},
    "user_quota_limit": {"email": "fede@gmail.com", "usage": 57022, "quota": 5000, "timestamp": HOUR},
    "stream_offset": {"topic": "devices", "partition": 0, "first_offset": 0, "next_offset": 2**40},
    "offset_gap": {
        "topic": "devices", "partition": 0, "first_offset": 5, "last_offset": 6, "reason": "deleted"},
    "archive_file": {
        "path": "devices/year=2021/a.parquet", "topic": "devices", "hour": HOUR, "rows": 9,
        "kafka_partition": None, "first_offset": None, "last_offset": None, "generation": 1,
        "superseded": None, "size": 100, "sha256": "ab"},
    "dead_letter": {"topic": "devices", "partition": 0, "offset": 7, "reason": "PARSE", "raw": b"\x00\xff"},
    "hour_state": {
        "topic": "devices", "hour": HOUR, "published_generation": 1, "revision": 1, "events": 9,
        "duplicates": 0, "final": False},
    "proof": {
        "topic": "devices", "hour": HOUR, "type": "user_total_bytes", "realtime": 1, "archive": 1,
        "batch": 1, "duplicates": 0, "ok": True},
    "service_minute_batch": {
        "service": "web", "time_stamp": HOUR, "cpu": Decimal("1.125"), "ram": 2, "disk": 0, "max_cpu_time": HOUR,
        "max_cpu": Decimal("1.125"), "max_ram_time": HOUR, "max_ram": 2, "max_disk_time": None, "max_disk": None,
        "msg_num": 1},
    "machine_minute_batch": {
        "machine_id": "m1", "minute": HOUR, "cpu": Decimal("1.125"), "ram": 2, "cpu_percent_s": Decimal("1.125"),
        "ram_percent_s": 2, "sampled_s": 1, "samples": 1},
    "company_window_batch": {
        "company": "acme", "currency": "EUR", "window_start": HOUR, "cost": Decimal("-12.500001"), "events": 1},
    "company_hour_batch": {
        "company": "acme", "currency": "EUR", "hour": HOUR, "cost": Decimal("-12.500001"), "events": 1},
}
KEYS = {
    "user_metadata": ["id"],
    "bytes": ["generation", "type", "timestamp", "id"],
    "bytes_batch": ["type", "timestamp", "id"],
    "bytes_hourly": ["type", "timestamp", "id"],
    "user_quota_limit": ["timestamp", "email"],
    "stream_offset": ["topic", "partition"],
    "offset_gap": ["topic", "partition", "first_offset"],
    "archive_file": ["path"],
    "dead_letter": ["topic", "partition", "offset"],
    "hour_state": ["topic", "hour"],
    "proof": ["run", "topic", "hour", "type"],
    "hour_quota": ["topic", "hour", "id"],
    "batch_run": ["run"],
    "stream_generation": ["topic"],
    "service_minute_batch": ["time_stamp", "service"],
    "service_minute_realtime": ["generation", "time_stamp", "service"],
    "machine_minute_batch": ["minute", "machine_id"],
    "machine_hour_batch": ["hour", "machine_id"],
    "company_window_realtime": ["generation", "window_start", "company", "currency"],
    "company_window_batch": ["window_start", "company", "currency"],
    "company_hour_batch": ["hour", "company", "currency"],
    "layer_status": ["layer"],
}
NULLABLE = {
    ("dead_letter", "state_at"), ("dead_letter", "replay_from"), ("dead_letter", "replay_number"),
    ("dead_letter", "replay_offset"), ("offset_gap", "acknowledged_at"),
    ("archive_file", "kafka_partition"), ("archive_file", "first_offset"), ("archive_file", "last_offset"),
    ("archive_file", "superseded"), ("batch_run", "finished_at"),
    *((table, f"max_{reading}{ending}") for table in ("service_minute_batch", "service_minute_realtime")
      for reading in ("cpu", "ram", "disk") for ending in ("", "_time"))}


def _insert(connection: Connection, table: str, row: dict[str, object]) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)))
    with connection.cursor() as cursor:
        cursor.execute(statement, list(row.values()))


def _columns(connection: Connection, table: str) -> list[tuple[str, str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position", (table,))
        return cursor.fetchall()


@pytest.mark.parametrize("table", CONTRACT)
def test_an_insert_that_names_only_the_contracts_columns_works(
    site: None, connection: Connection, table: str
) -> None:
    from django.apps import apps

    _insert(connection, table, CONTRACT[table])

    model = next(model for model in apps.get_app_config("schema").get_models() if model._meta.db_table == table)
    [row] = model.objects.all()
    for column, value in CONTRACT[table].items():
        found = getattr(row, column)
        read = bytes(found) if isinstance(found, memoryview) else found
        assert (read.isoformat() if hasattr(read, "isoformat") else read) == value


@pytest.mark.parametrize("table", CONTRACT)
def test_the_contracts_columns_come_first_and_in_its_order(connection: Connection, table: str) -> None:
    names = [name for name, _, _ in _columns(connection, table)]

    assert names[: len(CONTRACT[table])] == list(CONTRACT[table])


@pytest.mark.parametrize("table", KEYS)
def test_the_primary_key_is_the_contracts(connection: Connection, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index AS i "
            "CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (column_number, place) "
            "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.column_number "
            "WHERE i.indisprimary AND i.indrelid = %s::regclass", (table,))
        assert cursor.fetchone() == (KEYS[table],)


@pytest.mark.parametrize("table", KEYS)
def test_nothing_may_be_null_but_what_the_contract_says_and_types_are_plain(
    connection: Connection, table: str
) -> None:
    plain = {"text", "bigint", "numeric", "timestamp with time zone", "bytea", "boolean", "jsonb"}

    for name, kind, nullable in _columns(connection, table):
        assert kind in plain, name
        assert nullable == ((table, name) in NULLABLE), name


def test_sums_have_no_limit_but_that_of_exact_decimals(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type = 'numeric' AND numeric_precision < 38")
        assert cursor.fetchone() == (0,)


def test_a_negative_quota_and_an_email_of_two_users_are_refused(connection: Connection) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        _insert(connection, "user_metadata", {"id": "n", "name": "N", "email": "n@x.org", "quota": -1})
    _insert(connection, "user_metadata", {"id": "a", "name": "A", "email": "a@x.org", "quota": 0})
    with pytest.raises(psycopg2.errors.UniqueViolation):
        _insert(connection, "user_metadata", {"id": "b", "name": "B", "email": "a@x.org", "quota": 0})


def test_tables_and_views_have_the_names_of_the_declaration(connection: Connection) -> None:
    quota = DEVICES.quota
    assert quota is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        kinds = dict(cursor.fetchall())

    assert {kinds[name] for name in (BYTES.realtime, BYTES.batch, BYTES.hourly_batch, quota.table)} == {"r"}
    assert {kinds[name] for name in (BYTES.merged, BYTES.hourly_merged)} == {"v"}


def test_views_name_the_topic_and_the_quota_type_of_the_declaration(connection: Connection) -> None:
    quota = DEVICES.quota
    assert quota is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef('batch_span'), pg_get_viewdef('quota_violation')")
        [(span, violation)] = cursor.fetchall()

    assert f"'{DEVICES.topic}'" in span
    assert f"'{DEVICES.topic}'" in violation
    assert f"'{quota.cut_type}'" in violation


@pytest.mark.parametrize(
    ("stream", "rollup"),
    [(stream, rollup) for stream in (RESOURCE_USAGE, BILLING) for rollup in stream.rollups],
    ids=lambda declared: getattr(declared, "name", ""))
def test_the_migration_runs_the_sql_that_the_declaration_makes(stream: Stream, rollup: Rollup) -> None:
    from serving.schema.declared import rollup_sql

    assert read_sql(rollup.name) == rollup_sql(stream, rollup)


def test_models_and_migrations_agree(site: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    again = serving(database_url, "migrate")

    assert again.returncode == 0
    assert '"applied": 0' in again.stderr


def test_two_migrations_at_once_take_turns(server_url: str) -> None:
    import concurrent.futures

    with database(server_url) as url, concurrent.futures.ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda _: serving(url, "migrate"), range(2)))

    assert [run.returncode for run in runs] == [0, 0]
    assert sum('"applied": 0' in run.stderr for run in runs) == 1
