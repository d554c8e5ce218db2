"""An invoice run over real layers: 100 customers, 30 days, every price model, against Python's decimal over raw files.

The first run that issues is killed in the middle of an invoice; after a late event one note is written.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest

from local_stack import Stack
from metering.clock import SystemClock
from metering.domain.billing.tariffs import read_versions
from metering.store.tariffs import add_versions
from tests.lib.layers import Deployment, deployed
from tests.lib.plain_bill import bill, counted_once, hours_by, raw_rows
from tests.lib.running import Running, until
from tests.lib.sample_invoices import start_of

pytestmark = pytest.mark.stack

SEED, CUSTOMERS, DAYS, HOURS_A_DAY = 20261124, 100, 30, (7, 19)
USERS = [f"u-{number:03}" for number in range(CUSTOMERS)]
EVENTS_A_CUSTOMER, COPIES = 24, 150
LATE = USERS[45]  # graduated tiers, rounded by the hour
ONLY, FAILPOINT = ("--stream", "devices"), "batch-mid-invoice"

TIERS = """tiers = [
    {up_to = "12", price = "0.0517", fee = "1.10"}, {up_to = "60.5", price = "0.031"}, {price = "0.0199"}]"""
MODELS = {
    "per_unit": 'model = "per_unit"\nprice = "0.0513"', "flat": 'model = "flat"\nfee = "19.90"',
    "graduated": f'model = "graduated"\n{TIERS}', "volume": f'model = "volume"\n{TIERS}',
    "package": 'model = "package"\nfee = "9.95"\nallowance = "40"\nprice = "0.043"'}
ROUNDINGS = (("line", 2, "half_even"), ("hour", 3, "half_up"), ("line", 0, "up"), ("hour", 2, "down"))


def thirty_days() -> date:
    """The first day of the last month of 30 days that is over, and was over four days ago."""
    month = (SystemClock().now() - timedelta(days=4)).date().replace(day=1)
    while True:
        before = (month - timedelta(days=1)).replace(day=1)
        if (month - before).days == DAYS:
            return before
        month = before


MONTH = thirty_days()


def tariffs() -> str:
    """Every model with every rounding, five customers each."""
    kinds = [(model, rounding) for model in MODELS for rounding in ROUNDINGS]
    share = CUSTOMERS // len(kinds)
    return "".join(f"""
[[version]]
name = "{model}-{at}-{mode.replace("_", "-")}"
valid_from = 2020-01-01
subject = "user_bytes"
customers = {USERS[number * share : (number + 1) * share]}
currency = "EUR"
unit = "1000000000"
[version.price]
{MODELS[model]}
[version.rounding]
decimals = {decimals}
mode = "{mode}"
at = "{at}"
""" for number, (model, (at, decimals, mode)) in enumerate(kinds))


def drawn(rolled: random.Random) -> list[dict[str, Any]]:
    """Events of all customers over the month in some hours of each day; a part of them a second time."""
    events = []
    for number, user in enumerate(USERS * EVENTS_A_CUSTOMER):
        hour = rolled.randrange(DAYS) * 24 + rolled.choice(HOURS_A_DAY)
        at = start_of(MONTH) + timedelta(hours=hour, seconds=rolled.uniform(0, 3599))
        event = {"id": user, "timestamp": round(at.timestamp(), 3), "antenna_id": "a", "app": "b",
                 "bytes": rolled.randrange(2**33)}
        events.append(event if rolled.random() < 0.03 else event | {"event_id": f"e-{number}"})
    named = [event for event in events if "event_id" in event]
    return events + rolled.sample(named, COPIES)


@dataclass(frozen=True)
class Course:
    """What was there after a killed run, after the one that followed it, and after the late event."""

    killed: list[Any]
    invoices: list[Any]
    expected: dict[str, Decimal]
    corrected: dict[str, Decimal]
    notes: list[Any]


@pytest.fixture(scope="module")
def layers(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Without a limit of age and with no grace of hours; who issues invoices says so."""
    settings = {
        "LAMBDAMETER_MAX_AGE_DAYS": "0", "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_SLICE_S": "0.5",
        "LAMBDAMETER_INVOICE_GRACE_S": "31536000"}
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("invoices"), **settings) as layers:
        yield layers


@pytest.fixture(scope="module")
def course(layers: Deployment) -> Course:
    """Count, publish and rate; be killed in mid-invoice, issue; a late event is counted, published and noted.

    Both layers run throughout, so that each starts Spark once; the runs that issue invoices have nothing to count.
    """
    with closing(psycopg2.connect(layers.database_url)) as connection, connection, connection.cursor() as cursor:
        add_versions(cursor, read_versions(tariffs(), "test"), "test")
    layers.send(drawn(random.Random(SEED)))
    layers.start("speed_layer", *ONLY)
    layers.wait_until_counted()
    running = layers.start("batch_layer", "--every", "4", *ONLY)
    until(lambda: layers.rows("SELECT 1 FROM rated_line"), "the month is rated")
    until(lambda: batch_run(layers, LAMBDAMETER_FAILPOINT=FAILPOINT), "a batch run is killed in mid-invoice")
    killed = documents(layers)
    until(lambda: batch_run(layers), "invoices are issued")
    invoices, expected = documents(layers), plain_bills(layers)
    late = start_of(MONTH) + timedelta(days=3, hours=HOURS_A_DAY[0], minutes=5)
    layers.send([{"id": LATE, "timestamp": late.timestamp(), "antenna_id": "a", "app": "b", "bytes": 2**33}])
    until(lambda: documents(layers, "correction"), "the change is noted")
    runs = len(said(running))
    until(lambda: len(said(running)) > runs + 1, "another run has looked")
    return Course(killed, invoices, expected, plain_bills(layers), documents(layers, "correction"))


def said(running: Running) -> list[Any]:
    """The runs that a batch layer has ended."""
    return [line for line in running.lines() if "run done" in str(line)]


def batch_run(layers: Deployment, **settings: str) -> bool:
    """A batch run that issues what is due, to its end or its death at the failpoint; False where another one was at
    work, so that it left.
    """
    mark = layers.folder / f"{FAILPOINT}.reached"
    mark.unlink(missing_ok=True)
    run = layers.start("batch_layer", *ONLY, LAMBDAMETER_INVOICE_GRACE_S="0", **settings)
    until(lambda: mark.exists() or run.status is not None, "the run ends or stands still")
    run.kill()
    return mark.exists() or not any("another batch run" in str(line) for line in run.lines())


def documents(layers: Deployment, kind: str = "invoice") -> list[Any]:
    return layers.rows(
        "SELECT number, customer, total, why FROM invoice WHERE kind = %s ORDER BY number", kind)


def plain_bills(layers: Deployment) -> dict[str, Decimal]:
    """Customer → what it pays, computed from the archive's files and the tariffs' text alone."""
    hours = hours_by(counted_once(raw_rows(layers.archive, "devices")), "id", "bytes")
    return {
        user: bill(tariff, hours[user])
        for tariff in tomllib.loads(tariffs())["version"] for user in tariff["customers"]}


def test_every_invoice_is_the_plain_calculation(course: Course) -> None:
    assert len(course.expected) == CUSTOMERS and len(set(course.expected.values())) > 60
    assert {customer: total for _, customer, total, _ in course.invoices} == course.expected


def test_numbers_have_no_gap_after_the_kill(course: Course) -> None:
    assert course.killed == []
    assert [number for number, *_ in course.invoices] == [f"INV-{number:06}" for number in range(1, CUSTOMERS + 1)]


def test_a_late_event_gives_exactly_one_note_with_its_difference(course: Course) -> None:
    [(number, customer, total, why)] = course.notes
    changed = {user for user in USERS if course.corrected[user] != course.expected[user]}

    assert (number, customer) == ("COR-000001", LATE)
    assert changed == {LATE}
    assert total == course.corrected[customer] - course.expected[customer] > 0
    assert f"devices {MONTH + timedelta(days=3)}T{HOURS_A_DAY[0]:02}: events arrived after the hour was final" in why
    assert ", batch run " in why


def test_the_foot_of_each_is_the_sum_of_its_lines_and_hours(layers: Deployment, course: Course) -> None:
    assert layers.rows("""
        SELECT number FROM invoice WHERE total <> (
            SELECT sum(fixed + rounding + (
                SELECT coalesce(sum(amount), 0) FROM invoice_hour AS part
                WHERE part.number = line.number AND part.position = line.position))
            FROM invoice_line AS line WHERE line.number = invoice.number)""") == []
    [(lines, hours)] = layers.rows(
        "SELECT (SELECT count(*) FROM invoice_line), (SELECT count(*) FROM invoice_hour)")
    assert lines == CUSTOMERS + 1 and hours > CUSTOMERS * 10
