"""Generated charges through both layers: every company, window and hour as the generator's own account has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, deployed

pytestmark = pytest.mark.stack

CHARGES = (
    "--stream", "billing", "--companies", "6", "--past", "50m", "--events", "4000", "--seed", "5", "--late", "0.03",
    "--duplicates", "0.02", "--conflicts", "0.01", "--bad", "0.03")


@pytest.fixture(scope="module")
def layers(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A database in which both layers have counted all that was generated."""
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("billing"), LAMBDAMETER_GRACE_S="0") as layers:
        layers.generate(*CHARGES)
        layers.must("speed_layer", "--once", "--stream", "billing")
        layers.must("batch_layer", "--stream", "billing")
        yield layers


@pytest.fixture(scope="module")
def truth(layers: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((layers.folder / "truth" / "totals.json").read_text())
    return found


def told(groups: dict[str, Any]) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
    return {
        (start, company, currency): (Decimal(found["cost"]), found["events"])
        for start, companies in groups.items()
        for company, currencies in companies.items()
        for currency, found in currencies.items()}


@pytest.mark.parametrize(("name", "query", "least"), [
    ("windows", "SELECT window_start, company, currency, cost, events FROM company_window", 1000),
    ("hours", "SELECT hour, company, currency, cost, events FROM company_hour", 6)])
def test_every_cost_is_the_generators_to_the_last_digit(
    layers: Deployment, truth: dict[str, Any], name: str, query: str, least: int
) -> None:
    rows = {(f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", *key): (cost, events)
            for start, *key, cost, events in layers.rows(query)}

    assert rows == told(truth[name])
    assert len(rows) > least


def test_nothing_generated_is_lost_or_counted_twice(layers: Deployment, truth: dict[str, Any]) -> None:
    [[events, repeats, conflicts]] = layers.rows(
        "SELECT sum(events), sum(duplicates), sum(conflicts) FROM hour_state WHERE topic = 'billing'")

    assert events == truth["distinct"]
    assert (repeats, conflicts) == (truth["duplicates"] + truth["conflicts"], truth["conflicts"])
    letters = dict(layers.rows("SELECT reason, count(*) FROM dead_letter WHERE topic = 'billing' GROUP BY reason"))
    assert letters.pop("CONFLICT") == truth["conflicts"]
    assert letters == truth["bad"]


def test_credits_lower_the_sums_and_every_hour_is_proven(layers: Deployment, truth: dict[str, Any]) -> None:
    sums = dict(layers.rows("SELECT currency, sum(cost) FROM company_hour GROUP BY currency"))

    assert {currency: str(cost) for currency, cost in sums.items()} == truth["cost"]
    assert layers.rows("SELECT min(cost) < 0 FROM company_window") == [(True,)]
    proofs = layers.rows("SELECT type, bool_and(ok) FROM proof WHERE topic = 'billing' GROUP BY type")
    assert {"company_window.cost", "company_window.events"} <= {kind for kind, _ in proofs}
    assert all(ok for _, ok in proofs)
    assert layers.rows("SELECT failed FROM hour_state WHERE topic = 'billing' AND failed <> ''") == []
