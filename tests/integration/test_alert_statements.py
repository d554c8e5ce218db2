"""The statements that raise and judge quota alerts, on a real database: each as the domain says."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from metering.domain.alerts import AlertState, crosses, judged, threshold
from metering.store.alerts import judge_hour, raise_quota_alerts, unjudged_hours
from metering.streams.devices import DEVICES, USER

pytestmark = pytest.mark.stack

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
QUOTA = DEVICES.quota
assert QUOTA is not None


class Hour:
    """The tables of one hour as the layers would leave them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def rule(self, percent: int, subject: str | None = None, *, before: datetime = HOUR) -> int:
        [(number,)] = self.ask(
            "INSERT INTO alert_rule (kind, percent, subject, created_at) VALUES ('quota', %s, %s, %s) RETURNING id",
            percent, subject, before - timedelta(days=1))
        return int(number)

    def user(self, id: str, quota: int) -> None:
        self.ask("INSERT INTO user_metadata VALUES (%s, %s, %s, %s) "
                 "ON CONFLICT (id) DO UPDATE SET quota = EXCLUDED.quota", id, id, f"{id}@x.org", quota)

    def realtime(self, id: str, value: int, hour: datetime = HOUR) -> None:
        self.ask("INSERT INTO bytes (timestamp, id, value, type, generation) VALUES (%s, %s, %s, %s, 9) "
                 "ON CONFLICT (generation, type, timestamp, id) DO UPDATE SET value = EXCLUDED.value",
                 hour, id, value, USER)

    def publish(self, exact: dict[str, int], hour: datetime = HOUR, *, keep_realtime: Sequence[str] = ()) -> None:
        """As publish_hour leaves an hour; the rows of `keep_realtime` came after its seal."""
        self.ask("INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final) "
                 "VALUES ('devices', %s, 1, 1, 1, 0, FALSE) ON CONFLICT DO NOTHING", hour)
        self.ask("DELETE FROM bytes_hourly WHERE timestamp = %s", hour)
        for id, value in exact.items():
            self.ask("INSERT INTO bytes_hourly VALUES (%s, %s, %s, %s)", hour, id, value, USER)
        self.ask("DELETE FROM hour_quota WHERE hour = %s", hour)
        self.ask("INSERT INTO hour_quota SELECT 'devices', %s, id, email, quota FROM user_metadata "
                 "WHERE id = ANY(%s)", hour, list(exact))
        self.ask("DELETE FROM bytes WHERE timestamp = %s AND NOT id = ANY(%s)", hour, list(keep_realtime))

    def raised(self, moment: datetime = HOUR) -> int:
        with self.connection.cursor() as cursor:
            return raise_quota_alerts(cursor, DEVICES, QUOTA, moment)

    def judged(self, hour: datetime = HOUR, crossed_at: dict[int, datetime] | None = None) -> int:
        with self.connection.cursor() as cursor:
            return judge_hour(cursor, DEVICES, QUOTA, hour, crossed_at or {})

    @property
    def alerts(self) -> dict[tuple[int, str], str]:
        """(rule, id) → state."""
        return {(rule, id): state for rule, id, state in self.ask("SELECT rule, id, state FROM alert")}

    @property
    def told(self) -> list[tuple[str, str]]:
        """(id, state) of every row of the outbox, in its order."""
        return self.ask("SELECT payload->>'id', state FROM outbox ORDER BY id")


@pytest.fixture
def hour(database_url: str) -> Iterator[Hour]:
    """Empty tables."""
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        found = Hour(connection)
        found.ask("TRUNCATE webhook_delivery, outbox, alert, alert_rule, user_metadata, bytes, bytes_hourly, "
                  "bytes_batch, hour_quota, hour_state CASCADE")
        yield found


def test_rules_at_80_100_and_120_are_each_told_once_whatever_is_repeated(hour: Hour) -> None:
    low, full, high = (hour.rule(percent) for percent in (80, 100, 120))
    hour.user("u1", 1000)
    hour.realtime("u1", 799)
    assert hour.raised() == 0

    for value, expected in ((800, {low}), (999, {low}), (1000, {low, full}), (1200, {low, full, high})):
        hour.realtime("u1", value)
        hour.raised()
        assert {rule for rule, _ in hour.alerts} == expected

    assert [hour.raised() for _ in range(3)] == [0, 0, 0]
    assert hour.told == [("u1", "raised")] * 3


def test_a_rule_of_one_id_and_a_rule_that_ended_and_one_made_later(hour: Hour) -> None:
    of_one, ended = hour.rule(50, "u1"), hour.rule(60)
    hour.rule(70, before=HOUR + timedelta(days=2))  # made when this hour was over
    hour.ask("UPDATE alert_rule SET ended_at = now() WHERE id = %s", ended)
    for id in ("u1", "u2"):
        hour.user(id, 10)
        hour.realtime(id, 10)

    hour.raised()

    assert set(hour.alerts) == {(of_one, "u1")}


def test_the_hour_before_is_looked_at_until_it_is_final_and_older_ones_are_not(hour: Hour) -> None:
    hour.rule(100)
    hour.user("u1", 1)
    for back in range(3):
        hour.realtime("u1", 5, HOUR - timedelta(hours=back))

    assert hour.raised() == 2
    hour.ask("TRUNCATE outbox, alert CASCADE")
    hour.ask("TRUNCATE bytes")
    hour.publish({"u1": 5}, HOUR - timedelta(hours=1))
    hour.ask("UPDATE hour_state SET final = TRUE")
    assert hour.raised() == 0


def test_an_alert_by_a_repeat_is_withdrawn_a_true_one_is_confirmed_and_an_unseen_one_was_missed(hour: Hour) -> None:
    rule = hour.rule(100)
    for id in ("repeat", "true", "unseen"):
        hour.user(id, 10)
    hour.realtime("repeat", 12)
    hour.realtime("true", 12)
    hour.raised()
    raised_at = hour.ask("SELECT number, raised_at FROM alert WHERE id = 'true'")[0]

    hour.publish({"repeat": 6, "true": 12, "unseen": 11})
    changed = hour.judged(crossed_at={raised_at[0]: raised_at[1] - timedelta(seconds=2.5)})

    assert changed == 3
    assert hour.alerts == {(rule, "repeat"): "withdrawn", (rule, "true"): "confirmed", (rule, "unseen"): "missed"}
    assert hour.ask("SELECT id, delay_s FROM alert WHERE delay_s IS NOT NULL") == [("true", Decimal("2.5"))]
    assert hour.judged() == 0
    assert hour.ask("SELECT delay_s FROM alert WHERE id = 'true'") == [(Decimal("2.5"),)]
    assert sorted(hour.told) == [
        ("repeat", "raised"), ("repeat", "withdrawn"), ("true", "confirmed"), ("true", "raised"), ("unseen", "missed")]


def test_what_crossed_after_the_seal_is_not_withdrawn(hour: Hour) -> None:
    rule = hour.rule(100)
    hour.user("u1", 10)
    hour.realtime("u1", 12)
    hour.raised()
    hour.publish({"u1": 6}, keep_realtime=["u1"])
    hour.realtime("u1", 6)

    assert hour.judged() == 0
    assert hour.alerts == {(rule, "u1"): "raised"}

    hour.publish({"u1": 12})
    assert hour.judged() == 1
    assert hour.alerts == {(rule, "u1"): "confirmed"}


def test_a_corrected_hour_is_judged_again_and_each_change_told_once(hour: Hour) -> None:
    hour.rule(100)
    hour.user("u1", 10)
    hour.realtime("u1", 12)
    hour.raised()
    for exact in (6, 6, 11, 11, 8, 8, 12):
        hour.publish({"u1": exact})
        hour.judged()

    assert [state for _, state in hour.told] == ["raised", "withdrawn", "confirmed", "withdrawn", "confirmed"]


def test_what_was_raised_beside_a_publish_is_found(hour: Hour) -> None:
    hour.rule(100)
    hour.user("u1", 10)
    hour.realtime("u1", 12)
    hour.raised()
    assert hour.ask("SELECT 1 FROM hour_state") == []
    with hour.connection.cursor() as cursor:
        assert unjudged_hours(cursor, "devices") == []

        hour.publish({"u1": 6})

        assert unjudged_hours(cursor, "devices") == [HOUR]
        hour.judged()
        assert unjudged_hours(cursor, "devices") == []


def test_two_that_raise_at_once_tell_it_once(hour: Hour, database_url: str) -> None:
    hour.rule(100)
    hour.user("u1", 10)
    hour.realtime("u1", 12)
    with closing(psycopg2.connect(database_url)) as other, other.cursor() as beside:
        assert raise_quota_alerts(beside, DEVICES, QUOTA, HOUR) == 1
        counted: list[int] = []
        waiting = threading.Thread(target=lambda: counted.append(hour.raised()))
        waiting.start()
        other.commit()
        waiting.join(20)

    assert counted == [0]
    assert hour.told == [("u1", "raised")]


def test_an_unknown_user_has_no_alert_and_one_who_leaves_is_judged_by_what_was_told(hour: Hour) -> None:
    rule = hour.rule(100)
    hour.realtime("stranger", 10**30)
    assert hour.raised() == 0
    hour.user("leaving", 10)
    hour.realtime("leaving", 12)
    hour.raised()
    hour.ask("DELETE FROM user_metadata")

    hour.publish({"leaving": 12, "stranger": 10**30})
    hour.judged()

    assert hour.alerts == {(rule, "leaving"): "confirmed"}


def test_statements_and_domain_agree_at_random(hour: Hour) -> None:
    chance = random.Random(7)
    rules = {hour.rule(percent): percent for percent in (1, 33, 80, 100, 120, 999)}
    use: dict[str, tuple[int, int, int, int]] = {}
    for number in range(60):
        quota = chance.choice([0, 1, 3, 7, 1000, 2**62])
        near = [quota * percent // 100 + offset for percent in rules.values() for offset in (-1, 0, 1)]
        first, exact, late = (max(0, chance.choice(near)) for _ in range(3))
        use[f"u{number}"] = (quota, first, exact, late if number % 3 == 0 else 0)
        hour.user(f"u{number}", quota)
        hour.realtime(f"u{number}", first)
    hour.raised()
    expected: dict[tuple[int, str], AlertState | None] = {
        (rule, id): AlertState.RAISED if crosses(first, percent, quota) else None
        for rule, percent in rules.items() for id, (quota, first, _, _) in use.items()}
    assert hour.alerts == {place: state for place, state in expected.items() if state}

    late = [id for id, (*_, later) in use.items() if later]
    hour.publish({id: exact for id, (_, _, exact, _) in use.items()}, keep_realtime=late)
    for id in late:
        hour.realtime(id, use[id][3])
    hour.judged()

    for (rule, id), before in expected.items():
        quota, _, exact, later = use[id]
        expected[rule, id] = judged(
            before, was_raised=before is not None, exact=crosses(exact, rules[rule], quota),
            served=crosses(exact + later, rules[rule], quota))
    assert hour.alerts == {place: state for place, state in expected.items() if state}
    for rule, id, kept in hour.ask("SELECT rule, id, threshold FROM alert"):
        assert kept == threshold(rules[rule], use[id][0])
