"""What the window shows and does, without the window: stopped → running → stopping → stopped."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from time import monotonic
from typing import Any

from metering.domain.errors import LambdameterError, ServiceAway
from metering.telemetry import Log
from producers.host.rounds import rounds
from producers.sending.block import Block
from producers.sending.counts import NONE_SENT, Counts
from producers.sending.delivery import GaveUp
from producers.sending.way import Way
from producers.stop import Stop
from producers.window.bill import Bill
from producers.window.form import Form, Wanted, read_form

LAST = 20
"""Samples kept to be shown."""

_LOOK_S = 0.2

Connect = Callable[[Wanted, Stop], Way]
"""Opens the way to a target. Raises LambdameterError."""

Sample = Callable[[Wanted], Callable[[float], Block]]
"""Begins to sample; gives what takes the samples of a round."""


class State(Enum):
    STOPPED = "stopped"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Shown:
    """All that the window shows, at one moment; the newest sample comes first."""

    state: State = State.STOPPED
    counts: Counts = NONE_SENT
    condition: str = "Not sending."
    samples: tuple[dict[str, Any], ...] = ()
    cost: str = ""


class Model:
    """One sending at a time, on a thread of its own. Every method returns at once, but `join`."""

    def __init__(self, connect: Connect, sample: Sample, new_bill: Callable[[], Bill], log: Log) -> None:
        self._connect = connect
        self._sample = sample
        self._new_bill = new_bill
        self._log = log
        self._lock = threading.Lock()
        self._shown = Shown(cost=new_bill().total)
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    @property
    def shown(self) -> Shown:
        return self._shown

    def start(self, form: Form) -> None:
        """Begin to send; while it is sending, nothing happens. Raises BadForm."""
        wanted = read_form(form)
        with self._lock:
            if self._shown.state is not State.STOPPED:
                return
            self._bill, self._stop, self._last = self._new_bill(), Stop(), deque[dict[str, Any]](maxlen=LAST)
            self._shown = Shown(State.RUNNING, condition=f"Connecting to {wanted.target} …", cost=self._bill.total)
            self._thread = threading.Thread(target=self._run, args=(wanted, self._stop), name="sending", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Take a last sample and wait for answers; asked again, no longer wait. Not sending: nothing happens."""
        with self._lock:
            if self._shown.state is State.STOPPED:
                return
            self._shown = replace(self._shown, state=State.STOPPING)
            self._stop.ask()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        if self._thread:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _run(self, wanted: Wanted, stop: Stop) -> None:
        said = "Stopped."
        try:
            said = self._send(wanted, stop)
        except LambdameterError as error:
            self._log.error("sending ended", why=str(error))
            said = str(error)
        except Exception as error:  # whatever it is, the window must not go on saying that it sends
            self._log.error("sending broke off", why=repr(error))
            said = f"Sending broke off: {error!r}"
            raise
        finally:
            self._show(state=State.STOPPED, condition=said)

    def _send(self, wanted: Wanted, stop: Stop) -> str:
        """Send until stopped; gives the closing words. Raises LambdameterError."""
        source, way = self._sample(wanted), self._connect(wanted, stop)
        self._log.info("sampling", machine=wanted.machine, to=str(wanted.target), interval_s=wanted.interval_s)

        def rest(seconds: float) -> None:
            self._rest(seconds, way, stop)

        try:
            with suppress(GaveUp):
                for now_s in rounds(wanted.interval_s, None, stop, at_once=False, rest=rest):
                    self._round(source(now_s), way)
        finally:
            outcome = way.finish()
            self._show(counts=way.counts)
        with suppress(ServiceAway):
            outcome.tell(self._log)
            return "Stopped; all that was sent is acknowledged."
        return f"Stopped; {outcome.failed} of {outcome.sent} not acknowledged, kept in {outcome.unsent}."

    def _round(self, block: Block, way: Way) -> None:
        for value in block.values:
            sample = json.loads(value or b"")
            self._bill.add(sample)
            self._last.appendleft(sample)
        if len(block):
            way.send(block)
        way.tend()
        self._show(counts=way.counts, condition=way.condition, samples=tuple(self._last), cost=self._bill.total)

    def _rest(self, seconds: float, way: Way, stop: Stop) -> None:
        ends_s = monotonic() + seconds
        while not stop.asked and (left_s := ends_s - monotonic()) > 0:
            way.tend()
            self._show(counts=way.counts, condition=way.condition)
            stop.wait(min(_LOOK_S, left_s))

    def _show(self, **changes: Any) -> None:
        with self._lock:
            self._shown = replace(self._shown, **changes)
