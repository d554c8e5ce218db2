"""Alerts through both layers: raised in realtime, judged by the batch layer, posted to a receiver that fails twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from local_stack import Stack
from metering.domain.billing.tariffs import version_of
from metering.store.tariffs import add_versions
from tests.lib.layers import Deployment, deployed
from tests.lib.topic import Place
from tests.lib.webhook_receiver import receiving

pytestmark = pytest.mark.stack

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
A_CENT_A_BYTE = version_of({
    "name": "cent", "valid_from": "2020-01-01T00:00:00Z", "subject": "user_bytes", "currency": "EUR",
    "price": {"model": "per_unit", "price": "0.01"}})
SECRET = "the tests' own secret, long enough for any"
USERS = "id,name,email,quota\n" + "".join(f"{id},{id},{id}@example.org,1000\n" for id in ("resent", "much", "late"))


@pytest.fixture(scope="module")
def layers(
    stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("alerts")) as layers:
        layers.load_users(USERS)
        for percent in (80, 100, 120):
            layers.rows(
                "INSERT INTO alert_rule (kind, percent, created_at) VALUES ('quota', %s, now() - interval '1 day')",
                percent)
        layers.rows("INSERT INTO alert_rule (kind, percent) VALUES ('budget', 90)")
        layers.rows("INSERT INTO budget (customer, currency, amount) VALUES ('much', 'EUR', 10), ('resent', 'EUR', 13)")
        with closing(psycopg2.connect(layers.database_url)) as connection, connection, connection.cursor() as cursor:
            add_versions(cursor, [A_CENT_A_BYTE], "test")
        yield layers


def event(id: str, name: str, size: int, hour: datetime = HOUR) -> dict[str, Any]:
    return {"event_id": name, "timestamp": hour.timestamp(), "id": id, "antenna_id": "a1", "app": "SKYPE",
            "bytes": size}


def alerts(layers: Deployment) -> set[tuple[str, int, str]]:
    return set(layers.rows("SELECT a.id, r.percent, a.state FROM alert AS a JOIN alert_rule AS r ON r.id = a.rule"))


def crossing(layers: Deployment, places: list[Place]) -> datetime:
    """Kafka's append time of the last of these events."""
    [last] = [max(place.appended_ms for place in places)]
    return datetime.fromtimestamp(last / 1e3, UTC)


def test_an_alert_by_a_repeat_is_withdrawn_and_each_state_is_posted_once_in_effect(layers: Deployment) -> None:
    long_ago = HOUR - timedelta(hours=6)
    layers.send([event("resent", "r1", 600), event("resent", "r1", 600)])  # 1,200 until the repeat is noticed
    layers.send([event("much", "m1", 700)])
    reaching = layers.send([event("much", "m2", 200)])  # 900: 80 % only
    layers.send([event("late", "l1", 5_000, long_ago)])
    layers.must("speed_layer", "--once", "--stream", "devices")

    # 12.00 of 13 and 9.00 of 10 EUR, at a cent a byte: the budgets' 90 %.
    assert alerts(layers) == {
        ("resent", 80, "raised"), ("resent", 100, "raised"), ("resent", 120, "raised"), ("much", 80, "raised"),
        ("resent", 90, "raised"), ("much", 90, "raised")}

    layers.must("batch_layer", "--stream", "devices")

    assert alerts(layers) == {
        ("resent", 80, "withdrawn"), ("resent", 100, "withdrawn"), ("resent", 120, "withdrawn"),
        ("much", 80, "confirmed"), ("late", 80, "missed"), ("late", 100, "missed"), ("late", 120, "missed"),
        ("resent", 90, "withdrawn"), ("much", 90, "confirmed")}
    [(value, limit, raised_at, delay_s)] = layers.rows(
        "SELECT value, threshold, raised_at, delay_s FROM alert WHERE id = 'much' AND currency = ''")
    assert (value, limit) == (900, 800)
    assert delay_s == Decimal(str((raised_at - crossing(layers, reaching)) / timedelta(seconds=1)))
    assert delay_s > 0

    with receiving(lambda turn: 500 if turn <= 2 else 200) as receiver:
        settings = {"LAMBDAMETER_WEBHOOK_URL": receiver.url, "LAMBDAMETER_WEBHOOK_SECRET": SECRET}
        running = layers.start("serving", "deliver", **settings)
        running.wait_for('"delivered"', times=15)
    posted = sorted((one["id"], one["percent"], one["state"]) for one in receiver.taken.values())
    assert posted == sorted([
        *((id, percent, state) for id, percent, state in alerts(layers)),
        *((id, percent, "raised") for id, percent, state in alerts(layers) if state != "missed")])
    assert len(receiver.posted) == len(receiver.taken) + 2


def test_another_run_tells_nothing_more(layers: Deployment) -> None:
    before = layers.rows("SELECT * FROM alert ORDER BY number"), layers.rows("SELECT count(*) FROM outbox")

    layers.must("batch_layer", "--stream", "devices")

    after = layers.rows("SELECT * FROM alert ORDER BY number"), layers.rows("SELECT count(*) FROM outbox")
    assert after == before
