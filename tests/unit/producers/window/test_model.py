"""What the window does, without the window: one sending at a time, and a clean end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from metering.domain.errors import ServiceAway
from metering.domain.tariff import Tariff
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers.host.readings import Reading
from producers.host.samples import samples
from producers.sending.block import Block
from producers.sending.way import Way, to_gateway
from producers.stop import Stop
from producers.targets import Target
from producers.window.bill import Bill
from producers.window.form import BadForm, Form, Wanted
from producers.window.model import Model, State
from tests.lib.line_server import LineServer
from tests.lib.running import until

LOG = Log("test")


def _sample(wanted: Wanted) -> Callable[[float], Block]:
    def take(now_s: float) -> Block:
        [sample] = samples(wanted.machine, [Reading("host", 1.0, 2.0, None)], wanted.interval_s, 1_613_768_400_000)
        return Block("resource_usage", [wanted.machine.encode()], [json.dumps(sample).encode()])

    return take


class Opened:
    """A model on a server that answers, and how often it connected."""

    def __init__(self, folder: Path) -> None:
        self.server = LineServer().start()
        self.form = Form("vera", f"tcp://127.0.0.1:{self.server.port}", "1")
        self.connections = 0
        self.unsent = folder / "unsent.jsonl"
        self.model = Model(self._connect, _sample, lambda: Bill(Tariff()), LOG)

    def _connect(self, wanted: Wanted, stop: Stop) -> Way:
        self.connections += 1
        target: Target = wanted.target
        return to_gateway(target, RESOURCE_USAGE, self.unsent, stop, LOG)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


def _end(model: Model) -> None:
    model.stop()
    assert model.join(20)
    assert model.shown.state is State.STOPPED


def test_it_sends_until_it_is_stopped_and_shows_what_became_of_it(opened: Opened) -> None:
    opened.model.start(opened.form)
    assert opened.model.shown.state is State.RUNNING
    until(lambda: opened.model.shown.counts.acknowledged >= 2, "two acknowledged", 20)

    _end(opened.model)

    shown = opened.model.shown
    assert shown.counts.sent == shown.counts.acknowledged == len(opened.server.lines) == len(shown.samples)
    assert shown.condition == "Stopped; all that was sent is acknowledged."
    assert [sample["event_id"] for sample in shown.samples] == opened.server.event_ids[::-1]


def test_two_starts_send_once_and_leave_no_thread(opened: Opened) -> None:
    before = threading.active_count()

    for _ in range(5):
        opened.model.start(opened.form)
    until(lambda: opened.model.shown.counts.acknowledged, "one acknowledged", 20)
    _end(opened.model)
    opened.server.stop()

    assert opened.connections == opened.server.connections == 1
    until(lambda: threading.active_count() < before, "no thread left", 10)


def test_it_can_be_started_again_and_counts_anew(opened: Opened) -> None:
    for _ in range(2):
        opened.model.start(opened.form)
        until(lambda: opened.model.shown.counts.acknowledged, "one acknowledged", 20)
        _end(opened.model)

    assert opened.connections == 2
    assert len(opened.server.lines) > opened.model.shown.counts.sent


def test_a_bad_form_starts_nothing(opened: Opened) -> None:
    with pytest.raises(BadForm):
        opened.model.start(Form("", opened.form.target, "1"))

    assert opened.model.shown.state is State.STOPPED
    assert opened.connections == 0


def test_a_stop_before_a_start_does_nothing(opened: Opened) -> None:
    opened.model.stop()

    assert opened.model.shown.state is State.STOPPED
    assert opened.model.join(0)


def test_a_target_that_cannot_be_reached_is_told_and_it_may_be_started_again(opened: Opened) -> None:
    def away(wanted: Wanted, stop: Stop) -> Way:
        raise ServiceAway("Kafka at nowhere:1 cannot be reached")

    model = Model(away, _sample, lambda: Bill(Tariff()), LOG)
    for _ in range(2):
        model.start(opened.form)
        assert model.join(20)
        assert (model.shown.state, model.shown.condition) == (
            State.STOPPED, "Kafka at nowhere:1 cannot be reached")


def test_a_second_stop_does_not_wait_for_a_gateway_that_is_away(opened: Opened) -> None:
    opened.server.stop()
    opened.model.start(opened.form)
    until(lambda: opened.model.shown.counts.waiting, "a sample waits", 20)

    opened.model.stop()
    assert opened.model.shown.state is State.STOPPING
    opened.model.stop()

    assert opened.model.join(5)
    assert "not acknowledged, kept in" in opened.model.shown.condition
    assert opened.unsent.read_text()


