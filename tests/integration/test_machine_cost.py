"""What a machine costs for a day, through the real layers, against a plain calculation over the raw samples."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from local_stack import Stack
from tests.integration.people import client_of
from tests.lib.layers import Deployment, deployed

pytestmark = pytest.mark.stack

DAY = datetime(2026, 11, 20, tzinfo=UTC)
SEED, SAMPLES = 20261120, 3_000
RATES = {"cpu": Decimal("0.05"), "ram": Decimal("0.01")}
MICRO = Decimal("0.000001")
CONF = Path(__file__).parents[2] / "conf"

Sample = dict[str, Any]


def drawn() -> list[Sample]:
    """Samples of two machines over the day, its first and its last instant among them; some readings unknown."""
    rolled = random.Random(SEED)
    made = []
    for number in range(SAMPLES):
        after_s = {0: 0.0, 1: 86_399.999}.get(number, rolled.uniform(0, 86_400))
        made.append({
            "machine_id": rolled.choice(("m-1", "m-2")), "service": rolled.choice(("web", "cache")),
            "timestamp": round(DAY.timestamp() + after_s, 3), "cpu": _reading(rolled), "ram": _reading(rolled),
            "interval_s": rolled.choice((1, 7, 60, 3600)), "event_id": f"e-{number}"})
    made[0]["machine_id"] = made[1]["machine_id"] = "m-1"
    return made


def _reading(rolled: random.Random) -> float | None:
    return None if rolled.random() < 0.05 else rolled.randrange(100_001) / 1000


def beside(samples: Sequence[Sample]) -> list[Sample]:
    """Samples of the same machines just outside of the day."""
    return [
        {**sample, "timestamp": at.timestamp(), "event_id": f"{sample['event_id']}-{at:%d}"}
        for sample in samples[:50] for at in (DAY - timedelta(milliseconds=1), DAY + timedelta(days=1))]


def plain_costs(samples: Sequence[Sample], machine: str) -> dict[str, Decimal]:
    """Hour → cost: percent × seconds / 3600 × rate, cpu and memory each rounded half up to six digits."""
    sums: dict[tuple[datetime, str], Decimal] = defaultdict(Decimal)
    for sample in samples:
        at = datetime.fromtimestamp(sample["timestamp"], UTC)
        if sample["machine_id"] == machine and DAY <= at < DAY + timedelta(days=1):
            for name in RATES:
                reading = Decimal(0) if sample[name] is None else Decimal(str(sample[name]))
                sums[at.replace(minute=0, second=0, microsecond=0), name] += reading * sample["interval_s"]
    costs: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(prec=100):
        for (hour, name), amount in sums.items():
            costs[f"{hour:%Y-%m-%dT%H:%M:%SZ}"] += (RATES[name] * amount / 3600).quantize(MICRO, ROUND_HALF_UP)
    return dict(sorted(costs.items()))


@dataclass(frozen=True)
class Asked:
    """What the API said of the day of both machines."""

    lines: dict[str, dict[str, Decimal]]
    totals: dict[str, Decimal]
    marks: set[str]


@dataclass(frozen=True)
class Course:
    """The samples, the resent ones, and what the API said at each step."""

    samples: list[Sample]
    resent: list[Sample]
    counted: Asked
    published: Asked
    counted_again: Asked
    published_again: Asked


@pytest.fixture(scope="module")
def layers(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Without a limit of age, and with no grace, so that an hour gone by is final at once."""
    settings = {"LAMBDAMETER_MAX_AGE_DAYS": "0", "LAMBDAMETER_GRACE_S": "0"}
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("cost"), **settings) as layers:
        yield layers


@pytest.fixture(scope="module")
def client(django_started: None, layers: Deployment) -> Iterator[Client]:
    """A viewer of the site before the deployment's database, with the tariff that is shipped."""
    from django.db import connections

    from serving.database import django_database
    from serving.tariff import machine_tariff

    connections.close_all()
    connections["default"].settings_dict.update(django_database(layers.database_url))
    machine_tariff.cache_clear()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAMBDAMETER_CONF", str(CONF))
        yield client_of("viewer")
    machine_tariff.cache_clear()
    connections.close_all()


def ask(client: Client) -> Asked:
    lines, totals, marks = {}, {}, set()
    for machine in ("m-1", "m-2"):
        response = client.get(f"/api/v1/machines/{machine}/cost?from={DAY:%Y-%m-%d}&to={DAY:%Y-%m-%d}")
        assert response.status_code == 200, response.content
        answer = json.loads(response.content)
        lines[machine] = {row["hour"]: Decimal(row["cost"]) for row in answer["rows"]}
        [total] = answer["totals"]
        assert total["currency"] == "EUR"
        totals[machine] = Decimal(total["cost"])
        marks |= {row["finality"] for row in answer["rows"]}
    return Asked(lines, totals, marks)


@pytest.fixture(scope="module")
def course(layers: Deployment, client: Client) -> Course:
    """Samples counted, published; then a batch of them comes again, is counted, and the hours are published anew."""
    samples = drawn()
    resent = samples[500:900]
    layers.samples.create()
    layers.samples.send([*samples, *beside(samples)])

    def count() -> Asked:
        layers.must("speed_layer", "--once", "--stream", "resource_usage")
        return ask(client)

    def publish() -> Asked:
        layers.must("batch_layer")
        return ask(client)

    counted, published = count(), publish()
    layers.samples.send(resent)
    return Course(samples, resent, counted, published, count(), publish())


@pytest.mark.parametrize("machine", ["m-1", "m-2"])
def test_the_cost_of_a_day_is_the_plain_calculation_before_and_after_rotation(course: Course, machine: str) -> None:
    expected = plain_costs(course.samples, machine)

    for asked in (course.counted, course.published, course.published_again):
        assert asked.lines[machine] == expected
        assert asked.totals[machine] == sum(expected.values())
    assert len(expected) == 24 and sum(expected.values()) > 0


@pytest.mark.parametrize("machine", ["m-1", "m-2"])
def test_until_its_hour_is_published_a_resent_sample_shows_and_is_marked_provisional(
    course: Course, machine: str
) -> None:
    assert course.counted_again.lines[machine] == plain_costs([*course.samples, *course.resent], machine)
    assert course.counted_again.totals[machine] != course.published.totals[machine]
    assert "provisional" in course.counted_again.marks


def test_costs_are_final_once_the_hours_are_published(course: Course) -> None:
    assert course.counted.marks == {"provisional"}
    assert course.published.marks == course.published_again.marks == {"final"}


def test_every_resent_sample_is_a_repeat_in_the_books(layers: Deployment, course: Course) -> None:
    [(events, duplicates)] = layers.rows(
        "SELECT sum(events), sum(duplicates) FROM hour_state WHERE topic = 'resource_usage'")

    assert (events, duplicates) == (len(course.samples) + len(beside(course.samples)), len(course.resent))
