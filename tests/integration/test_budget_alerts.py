"""Budgets on a real database: what is served is priced as it will be rated, raised by it, judged by what is rated."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from batch_layer.rate import Rating
from metering.domain.alerts import RuleKind, period_at
from metering.domain.billing.periods import period_of
from metering.domain.billing.rating import rate
from metering.domain.billing.tariffs import TariffVersion, version_of
from metering.store.budget_alerts import judge_budget_alerts, raise_budget_alerts
from metering.store.locked_session import LockedSession
from metering.store.spending import rated_spending, served_spending
from metering.store.tariffs import add_versions
from metering.streams.devices import USER
from metering.streams.subjects import subject_of

pytestmark = pytest.mark.stack

NOW = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
MONTH = period_at(RuleKind.BUDGET, NOW)
HOUR = timedelta(hours=1)


def version(name: str, subject: str, price: dict[str, Any], **more: Any) -> TariffVersion:
    return version_of({
        "name": name, "valid_from": "2026-01-01T00:00:00Z", "subject": subject, "currency": "EUR",
        "price": price} | more)


PER_GB = version("gb", "user_bytes", {"model": "per_unit", "price": "0.01"})
COSTS = version("costs", "company_costs", {"model": "per_unit", "price": "1"})


class Books:
    """A database, its hours written as the layers leave them."""

    def __init__(self, url: str, cursor: Any) -> None:
        self.url, self.cursor = url, cursor

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        self.cursor.execute(query, values or None)
        return self.cursor.fetchall() if self.cursor.description else []

    def tariffs(self, *versions: TariffVersion) -> None:
        add_versions(self.cursor, versions, "test")

    def budget(self, customer: str, amount: str, currency: str = "EUR") -> None:
        self.ask("INSERT INTO budget (customer, currency, amount) VALUES (%s, %s, %s) ON CONFLICT "
                 "(customer, currency) DO UPDATE SET amount = EXCLUDED.amount", customer, currency, amount)

    def rule(self, percent: int, subject: str | None = None) -> None:
        self.ask("INSERT INTO alert_rule (kind, percent, subject, created_at) VALUES ('budget', %s, %s, %s)",
                 percent, subject, MONTH.start)

    def realtime(self, id: str, value: int, hour: datetime) -> None:
        self.ask("INSERT INTO bytes VALUES (%s, %s, %s, %s, 9) ON CONFLICT (generation, type, timestamp, id) "
                 "DO UPDATE SET value = EXCLUDED.value", hour, id, value, USER)

    def cost(self, company: str, cost: str, hour: datetime, currency: str = "EUR") -> None:
        self.ask("INSERT INTO company_window_realtime (generation, window_start, company, currency, cost, events) "
                 "VALUES (9, %s, %s, %s, %s, 1)", hour, company, currency, cost)

    def publish(self, topic: str, hour: datetime, rows: Sequence[tuple[str, object]], *, final: bool = True) -> None:
        """An hour's exact rows in the place of those before, and of its realtime rows."""
        self.ask("INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final) "
                 "VALUES (%s, %s, 9, 1, 1, 0, %s) ON CONFLICT (topic, hour) DO UPDATE "
                 "SET revision = hour_state.revision + 1, final = EXCLUDED.final", topic, hour, final)
        if topic == "devices":
            self.ask("DELETE FROM bytes_hourly WHERE timestamp = %s", hour)
            self.ask("DELETE FROM bytes WHERE timestamp >= %s AND timestamp < %s", hour, hour + HOUR)
            for id, value in rows:
                self.ask("INSERT INTO bytes_hourly VALUES (%s, %s, %s, %s)", hour, id, value, USER)
        else:
            self.ask("DELETE FROM company_hour_batch WHERE hour = %s", hour)
            self.ask("DELETE FROM company_window_realtime WHERE window_start = %s", hour)
            for id, value in rows:
                self.ask("INSERT INTO company_hour_batch (hour, company, currency, cost, events) "
                         "VALUES (%s, %s, 'EUR', %s, 1)", hour, id, value)

    def rated(self) -> None:
        with LockedSession(self.url, "test", "test") as session:
            Rating(session).run()

    def raised(self) -> int:
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            return raise_budget_alerts(cursor, NOW)

    def judged(self) -> int:
        self.rated()
        return judge_budget_alerts(self.cursor, NOW)

    @property
    def told(self) -> list[tuple[str, int, str, Decimal]]:
        return self.ask("SELECT payload->>'id', (payload->>'percent')::int, state, (payload->>'value')::numeric "
                        "FROM outbox ORDER BY id")


@pytest.fixture
def books(database_url: str) -> Iterator[Books]:
    """Empty tables."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        found = Books(database_url, cursor)
        found.ask("TRUNCATE webhook_delivery, outbox, alert, alert_rule, budget, bytes, bytes_hourly, hour_state, "
                  "company_window_realtime, company_hour_batch, rated_hour, rated_line, rated_state")
        cursor.execute("ALTER TABLE tariff DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM tariff")
        cursor.execute("ALTER TABLE tariff ENABLE TRIGGER USER")
        yield found


def test_a_budget_is_raised_by_what_is_not_rated_yet_and_then_confirmed(books: Books) -> None:
    books.tariffs(PER_GB)
    books.budget("u1", "10.00")
    for percent in (80, 100, 120):
        books.rule(percent)
    books.publish("devices", NOW - timedelta(days=3), [("u1", 700), ("u2", 10**6)])
    books.rated()
    assert books.raised() == 0
    this_hour = NOW.replace(minute=0)

    books.realtime("u1", 99, this_hour)  # 7.99
    assert books.raised() == 0
    books.realtime("u1", 100, this_hour)  # 8.00: 80 %
    assert books.raised() == 1
    books.realtime("u1", 500, this_hour)  # 12.00: 100 % and 120 %
    assert books.raised() == 2
    assert [books.raised() for _ in range(2)] == [0, 0]

    assert books.judged() == 0  # what is rated, 7.00, crosses nothing; what is served does
    books.publish("devices", this_hour, [("u1", 400)], final=False)  # a repeat had counted 100 twice
    assert books.judged() == 3
    assert books.judged() == 0
    assert books.told == [
        ("u1", 80, "raised", Decimal("8.00")), ("u1", 100, "raised", 12), ("u1", 120, "raised", 12),
        ("u1", 80, "confirmed", 11), ("u1", 100, "confirmed", 11), ("u1", 120, "withdrawn", 11)]


def test_what_nobody_raised_was_missed_and_a_larger_budget_takes_it_back(books: Books) -> None:
    books.tariffs(COSTS)
    books.budget("acme", "50")
    books.rule(100, "acme")
    books.rule(100, "other")
    books.publish("billing", NOW - timedelta(days=2), [("acme", "50.000000"), ("other", "99")])

    assert books.judged() == 1
    books.budget("acme", "60")
    assert books.judged() == 1
    assert [row[:3] for row in books.told] == [("acme", 100, "missed"), ("acme", 100, "withdrawn")]


def test_other_currencies_other_months_and_customers_without_a_budget_are_left_out(books: Books) -> None:
    books.tariffs(COSTS)
    books.budget("acme", "5")
    books.budget("acme", "5", "USD")
    books.rule(1)
    books.cost("acme", "4", NOW.replace(minute=0), "USD")  # no tariff in this currency
    books.cost("nobody", "400", NOW.replace(minute=0))
    books.publish("billing", MONTH.start - HOUR, [("acme", "400")])
    books.rated()

    assert books.raised() == 0
    books.cost("acme", "0.05", NOW.replace(minute=0))
    assert books.raised() == 1
    assert books.ask("SELECT id, currency, value FROM alert") == [("acme", "EUR", Decimal("0.05"))]


def test_of_a_month_that_was_over_when_the_rule_was_made_nothing_is_told(books: Books) -> None:
    books.tariffs(COSTS)
    books.budget("acme", "5")
    books.rule(100)
    books.publish("billing", MONTH.start - HOUR, [("acme", "400")])

    assert books.judged() == 0


PRICES = [
    {"model": "per_unit", "price": "0.0333"},
    {"model": "flat", "fee": "9.99"},
    {"model": "graduated", "tiers": [{"up_to": "500", "price": "0.05", "fee": "1"}, {"price": "0.03"}]},
    {"model": "volume", "tiers": [{"up_to": "700", "price": "0.05"}, {"price": "0.01", "fee": "2"}]},
    {"model": "package", "fee": "5", "allowance": "600", "price": "0.07"},
]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_served_is_priced_as_if_it_were_published_and_rated(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    versions = [
        version(f"t{number}", "user_bytes", price, period=chance.choice(["month", "day"]),
                rounding={"decimals": 2, "mode": "half_even", "at": chance.choice(["line", "hour"])})
        for number, price in enumerate(PRICES)]
    books.tariffs(*versions, version(
        "t0", "user_bytes", {"model": "per_unit", "price": "1"}, valid_from="2026-11-20T00:00:00Z"))
    users = ["u1", "u2", "u3"]
    hours = sorted({MONTH.start + HOUR * chance.randrange(23 * 24 + 14) for _ in range(12)})
    for number, hour in enumerate(hours):
        books.publish("devices", hour, [
            (user, chance.randrange(300)) for user in users if chance.random() < 0.8], final=number < 9)
    books.rated()
    for hour in [*chance.sample(hours, 4), NOW.replace(minute=0)]:
        for user in users[: chance.randrange(1, 4)]:
            books.realtime(user, chance.randrange(1, 300), hour)
    accounts = [(user, "EUR") for user in users]

    found = served_spending(books.cursor, MONTH, rated_spending(books.cursor, MONTH, accounts))

    for user, currency in accounts:
        assert found[user, currency] == _as_if_published(books, user), user
    for hour, in books.ask("SELECT DISTINCT timestamp FROM bytes"):
        rows = books.ask("SELECT id, value FROM usage_hourly WHERE timestamp = %s AND type = %s", hour, USER)
        books.publish("devices", hour, rows)
    books.rated()
    assert rated_spending(books.cursor, MONTH, accounts) == found


def _as_if_published(books: Books, user: str) -> Decimal:
    """Every served hour of the month, priced from nothing."""
    found = Decimal(0)
    served = books.ask("SELECT timestamp, value FROM usage_hourly WHERE type = %s AND id = %s AND timestamp >= %s "
                       "AND timestamp < %s", USER, user, MONTH.start, MONTH.end)
    rows = books.ask("SELECT spec, lead(valid_from, 1, 'infinity') OVER (PARTITION BY name ORDER BY valid_from)::text "
                     "FROM tariff ORDER BY name, valid_from")
    for spec, until in rows:
        one = version_of(spec)
        periods: dict[Any, dict[datetime, Decimal]] = {}
        for hour, value in served:
            ends = None if until == "infinity" else datetime.fromisoformat(until)
            if one.valid_from <= hour and (ends is None or hour < ends):
                quantity = subject_of("user_bytes").quantity(value)
                periods.setdefault(period_of(hour, one.period), {})[hour] = quantity
        found += sum((rate(one, hours).amount for hours in periods.values()), Decimal(0))
    return found
