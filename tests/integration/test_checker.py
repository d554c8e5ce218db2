"""All streams through both layers, judged by the independent checker: it finds nothing, and names a planted fault.

Sent in two rounds: repeats, conflicts, late events, bad messages, unknown readings, credits; customers with a record
and without; a tariff that is invoiced by the day.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from psycopg2.extras import Json

from local_stack import Stack
from tests.lib.contents import contents
from tests.lib.layers import Deployment, deployed
from tests.lib.streams_told.plays import RECORD
from tests.lib.topic import Message

pytestmark = pytest.mark.stack

SETTINGS = {
    "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_INVOICE_GRACE_S": "0", "LAMBDAMETER_PANE_LATENESS_S": "7200",
    "LAMBDAMETER_SLICE_ROWS": "500"}  # fmt: skip
HOUR_S = 3600
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=12)
DAILY = {
    "name": "daily", "valid_from": "2026-01-01T00:00:00Z", "subject": "user_bytes", "currency": "EUR", "period": "day",
    "unit": "1000", "customers": ["*"], "price": {"model": "per_unit", "price": "0.0123"},
    "rounding": {"decimals": 2, "mode": "half_even", "at": "line"}}


def devices(number: int, at_s: float) -> dict[str, Any]:
    return {"timestamp": at_s, "id": f"u{number % 7}", "antenna_id": f"a{number % 3}", "app": "SKYPE",
            "bytes": number * 1_000_003 % 2**42}


def samples(number: int, at_s: float) -> dict[str, Any]:
    reading = None if number % 5 == 0 else number % 100 + 0.125
    return {"timestamp": at_s, "machine_id": f"m{number % 4}", "service": f"s{number % 3}", "cpu_usage": reading,
            "ram": number % 90, "interval_s": number % 60 + 1} | ({"disk": 12.5} if number % 2 else {})


def listens(number: int, at_s: float) -> dict[str, Any]:
    return {"datetime": at_s, "customer_id": f"c{number % 3}", "track_id": f"t{number % 9}", "is_mobile": number % 2,
            "listening_zip": "01000"}


def clicks(number: int, at_s: float) -> dict[str, Any]:
    return {"local_time": at_s, "customer_id": f"c{number % 3}", "ad": f"AD_{number % 4}"}


def billing(number: int, at_s: float) -> dict[str, Any]:
    cost = f"{number % 13 - 4}.00000{number % 10}"
    return {"timestamp": at_s, "company": f"co{number % 3}", "cost": cost if number % 2 else number % 13 - 4.5,
            "currency": ("USD", None)[number % 2]}


MAKERS = {"topic": devices, "samples": samples, "listens": listens, "clicks": clicks, "billing": billing}
CHANGED = {"topic": "bytes", "samples": "ram", "listens": "track_id", "clicks": "ad", "billing": "cost"}


def sent(name: str, round_number: int) -> list[Message]:
    """Events of three hours; a fifth has no event_id, some come twice, one other than before; and bad ones."""
    make, messages = MAKERS[name], list[Message]()
    for number in range(400):
        start = (NOW - timedelta(hours=2), NOW, YESTERDAY)[number % 3] - timedelta(minutes=50)
        event = make(number, start.timestamp() + number * 7 % 2900 + 0.25)
        messages.append(event if number % 5 == 0 else event | {"event_id": f"{round_number}-{number}"})
    again = [message for message in messages[::11] if isinstance(message, dict)]
    other = {**again[1], CHANGED[name]: {"clicks": "AD_9", "listens": "t99"}.get(name, 1)}
    untimed = {"machine_id": "m9", "cpu": 1, "memory_usage": 2, "event_id": f"untimed-{round_number}"}
    more = [untimed, untimed] if name == "samples" else []
    return [*messages, *again, other, *more, *bad(make(1, NOW.timestamp()), CHANGED[name])]


def bad(event: dict[str, Any], field: str) -> list[Message]:
    odd = [{field.upper(): 1}, {field: True}, {field: "."}, {"event_id": "=1"}, {"event_id": "é", field: -2e9}]
    return [None, b"no JSON", b"{}", b"[" * 9, {**event, "timestamp": 4e9}, *({**event, **one} for one in odd)]


@pytest.fixture(scope="module")
def layers(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    settings = SETTINGS | {"REDIS_URL": stack.env()["REDIS_URL"]}
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("checked"), **settings) as layers:
        with closing(redis.Redis.from_url(stack.env()["REDIS_URL"])) as client:
            client.flushdb()
            client.hset("c1", mapping=dict.fromkeys(RECORD, "1") | {"level": "GOLD"})
            layers.rows(
                "INSERT INTO tariff (name, valid_from, subject, spec, sha256) VALUES (%s, %s, %s, %s, 'x')",
                DAILY["name"], DAILY["valid_from"], DAILY["subject"], Json(DAILY))
            for name in MAKERS:
                topic = getattr(layers, name)
                topic.create()
                topic.send(sent(name, 1))
            yield layers
            client.flushdb()


@pytest.fixture(scope="module")
def counted(layers: Deployment) -> Deployment:
    """A round that both layers have counted, and one that waits for the batch layer; judged after every step."""
    layers.must("speed_layer", "--once")
    layers.check()
    layers.must("batch_layer")
    layers.check()
    for name in MAKERS:
        getattr(layers, name).send(sent(name, 2))
    layers.must("speed_layer", "--once")
    return layers


def judged(layers: Deployment) -> subprocess.CompletedProcess[str]:
    """The command, as anyone would run it."""
    return subprocess.run(
        [sys.executable, "-m", "tests.lib.checker", "--bootstrap", layers.environment()["KAFKA_BOOTSTRAP_SERVERS"],
         "--database", layers.database_url, "--archive", str(layers.archive),
         "--acknowledged", str(layers.folder / "acknowledged.parquet")],
        capture_output=True, text=True, timeout=120, check=False)


def test_an_undisturbed_run_of_all_streams_holds_by_every_invariant(counted: Deployment) -> None:
    counted.check()

    assert counted.rows("SELECT count(DISTINCT topic) FROM dead_letter WHERE reason = 'CONFLICT'") == [(len(MAKERS),)]
    assert counted.rows("SELECT count(*) > 0 FROM invoice") == [(True,)]
    assert counted.rows("SELECT count(DISTINCT (level, reason)) FROM play") == [(2,)]
    assert counted.rows("SELECT bool_or(taken_back OR repeat), bool_or(repeat IS NULL) FROM billing_too_late") == [
        (True, True)]


FAULTS = {
    ("devices", "I1"): (
        "UPDATE dead_letter SET reason = reason || 'S'", "UPDATE dead_letter SET reason = left(reason, -1)"),
    ("clicks", "I2"): ("UPDATE archive_file SET size = size + 1", "UPDATE archive_file SET size = size - 1"),
    ("resource_usage", "I3"): (
        "UPDATE service_minute_batch SET max_cpu_time = max_cpu_time + INTERVAL '1 microsecond'",
        "UPDATE service_minute_batch SET max_cpu_time = max_cpu_time - INTERVAL '1 microsecond'"),
    ("clicks", "I4"): (
        "UPDATE ad_clicks_realtime SET generation = generation + 1",
        "UPDATE ad_clicks_realtime SET generation = generation - 1"),
    ("listens", "I5"): (
        "UPDATE level_listens_realtime SET listens = listens + 1",
        "UPDATE level_listens_realtime SET listens = listens - 1"),
    ("devices", "I7"): (
        "UPDATE bytes_hourly SET value = value + 1 WHERE type = 'app_total_bytes'",
        "UPDATE bytes_hourly SET value = value - 1 WHERE type = 'app_total_bytes'"),
    ("listens", "I-recent"): (
        "UPDATE play SET model_version = 7 WHERE model_version IS NULL",
        "UPDATE play SET model_version = NULL WHERE model_version = 7"),
    ("billing", "I-panes"): (
        "UPDATE billing_pane SET total_events = total_events + 1",
        "UPDATE billing_pane SET total_events = total_events - 1"),
    ("I8", "money"): ("UPDATE rated_line SET amount = amount + 1", "UPDATE rated_line SET amount = amount - 1"),
}
"""What is done to the database by what finds it, and what heals it."""


def test_faults_that_are_planted_in_the_database_are_named_until_they_are_healed(counted: Deployment) -> None:
    before = contents(counted.database_url)
    for fault, _ in FAULTS.values():
        counted.rows(fault)
    changed, told = contents(counted.database_url), judged(counted)
    for _, cure in FAULTS.values():
        counted.rows(cure)
    healed = judged(counted)

    broken = {tuple(line.split()[:2]) for line in told.stdout.splitlines() if " BROKEN " in line}
    assert told.returncode == 1, told.stderr
    assert FAULTS.keys() <= broken
    assert healed.returncode == 0, healed.stdout + healed.stderr
    # The generation of a row, and what panes say of themselves, are no contents.
    assert {table for table, rows in before.items() if changed[table] != rows} == {
        "dead_letter", "service_minute_batch", "service_minute", "level_listens_realtime", "level_listens",
        "level_listens_hourly", "bytes_hourly", "usage_hourly", "play", "rated_line"}
    assert contents(counted.database_url) == before
