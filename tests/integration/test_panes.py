"""Billing through both layers with short times: panes early, on time and late; what is too late; and the proof."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from local_stack import Stack
from tests.lib.layers import Deployment, deployed
from tests.lib.running import until

pytestmark = pytest.mark.stack

SETTINGS = {
    "LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_PANE_EARLY_S": "1",
    "LAMBDAMETER_PANE_LATE_S": "1", "LAMBDAMETER_PANE_LATENESS_S": "15", "LAMBDAMETER_PANE_BOUND_S": "2",
}  # fmt: skip
COMPANY = "acme"


@pytest.fixture(scope="module")
def layers(stack: Stack, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Both layers at work on billing alone until the module's end."""
    with deployed(stack, migrated_template, tmp_path_factory.mktemp("panes"), **SETTINGS) as layers:
        layers.start("speed_layer", "--stream", "billing").wait_for("counting")
        yield layers


def charge(layers: Deployment, at: float, event_id: str, cost: str, company: str = COMPANY) -> None:
    """Send one event and wait until a slice has it."""
    layers.billing.send([{"company": company, "cost": cost, "timestamp": at, "event_id": event_id}])
    until(lambda: layers.rows("SELECT sum(next_offset - end_offset) >= 0, sum(next_offset) FROM stream_offset")[0][0]
          and sum(layers.billing.ends().values()) == layers.rows("SELECT sum(next_offset) FROM stream_offset")[0][0],
          f"{event_id} is counted")


def panes(layers: Deployment, at: float) -> list[tuple[Any, ...]]:
    """The panes of the company's window that holds `at`."""
    return layers.rows(
        "SELECT timing, value, events, total_value, is_last FROM billing_pane"
        " WHERE company = %s AND window_start = to_timestamp(%s) ORDER BY pane", COMPANY, at // 5 * 5)


def test_events_become_panes_and_the_batch_layer_proves_them(layers: Deployment) -> None:
    layers.billing.send([{"company": "first", "cost": 0, "timestamp": time.time() + 200, "event_id": "wild"}])
    # A window that is yet to come leaves a slow machine the time to fire early.
    at = time.time() // 5 * 5 + 10
    charge(layers, at, "a", "1.5")
    charge(layers, at, "a", "1.5")
    until(lambda: panes(layers, at), "a pane fires early")
    until(lambda: panes(layers, at)[-1][0] == "on_time", "the pane on time")
    charge(layers, at, "a", "9", company="other")
    charge(layers, at, "b", "-4.000001")
    until(lambda: panes(layers, at)[-1][0] == "late", "a late pane")
    until(lambda: panes(layers, at)[-1][-1], "the window closes")
    charge(layers, at, "c", "7")
    charge(layers, at, "b", "-4.000001")

    assert panes(layers, at) == [
        ("early", Decimal("1.5"), 1, Decimal("1.5"), False),
        ("on_time", 0, 0, Decimal("1.5"), False),
        ("late", Decimal("-4.000001"), 1, Decimal("-2.500001"), True)]
    too_late = layers.rows("SELECT event_id, value, repeat FROM billing_too_late ORDER BY event_id")
    assert too_late == [("b", Decimal("-4.000001"), True), ("c", Decimal(7), False)]
    # The wild event moved nothing, and its window waits.
    assert layers.rows("SELECT watermark < %s FROM pane_clock", datetime.now(UTC)) == [(True,)]
    assert layers.rows("SELECT on_time FROM billing_pending WHERE company = 'first'") == [(False,)]


def test_an_hour_whose_panes_do_not_add_up_is_not_published_until_they_do(layers: Deployment) -> None:
    layers.rows("UPDATE billing_pane_input SET value = value + 1 WHERE company = %s", COMPANY)
    batch = layers.start("batch_layer", "--stream", "billing", "--every", "1")
    told = batch.wait_for("hour not published")
    assert "panes and what is pending are not what they were fed" in told["why"]
    assert COMPANY in told["why"]
    assert layers.rows("SELECT count(*) > 0 FROM hour_state WHERE failed <> ''") == [(True,)]
    assert layers.rows("SELECT DISTINCT ok FROM proof WHERE type LIKE 'panes.%%' AND NOT ok") == [(False,)]

    layers.rows("UPDATE billing_pane_input SET value = value - 1 WHERE company = %s", COMPANY)
    until(lambda: layers.rows("SELECT count(*) FROM hour_state WHERE failed <> ''") == [(0,)], "it is published")
    charge(layers, time.time(), "d", "1")
    until(lambda: layers.rows(
        "SELECT count(*) FROM company_window_batch WHERE events > 0 AND company = %s", COMPANY)[0][0] >= 2, "that too")
    batch.signal(signal.SIGTERM)
    assert batch.wait() == 0, batch.text

    sums = ("SELECT company, currency, window_start, {} FROM company_window_batch WHERE company = 'acme'"
            " GROUP BY 1, 2, 3 ORDER BY 3")
    exact = layers.rows(sums.format("sum(cost)"))
    counted = layers.rows(
        "SELECT company, currency, window_start, sum(value) FROM (SELECT company, currency, window_start, value"
        " FROM billing_pane UNION ALL SELECT company, currency, window_start, value FROM billing_pending UNION ALL"
        " SELECT company, currency, window_start, value FROM billing_too_late WHERE NOT repeat) AS counted"
        " WHERE company = 'acme' GROUP BY 1, 2, 3 ORDER BY 3")
    assert counted == exact
    proofs = layers.rows(
        "SELECT DISTINCT ON (hour, type) type, ok FROM proof WHERE type LIKE 'panes.%%' ORDER BY hour, type, run DESC")
    assert {type for type, _ in proofs} == {"panes.cost", "panes.events"} and all(ok for _, ok in proofs)
