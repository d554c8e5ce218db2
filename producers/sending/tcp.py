"""Sending to a gateway: a JSON line a sample over TCP, each answered `ok` or `error: field: why`, in order."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from metering.telemetry import Log
from producers.sending.block import Block
from producers.sending.counts import Counts
from producers.sending.outbox import Kept, Outbox
from producers.sending.outcome import Outcome
from producers.stop import Stop

IN_FLIGHT = 500
"""Lines sent ahead of their answers: a gateway that collects 50 at a time is kept busy, and little is sent twice."""

_CONNECT_S = 5.0
_ANSWER_S = 30.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_AFTER_STOP_S = 10.0
_REPEAT_S = 30.0
_LOOK_S = 1.0
_TICK_S = 0.1


class NotAGateway(Exception):
    """The other side said what no gateway says, or refused the connection itself."""


class TcpDelivery:
    """Sends what is in the outbox on a thread of its own, over one connection after another.

    A line without an answer is sent again on the next connection, byte for byte: its event_id makes it count once.
    A refused one is told of and let go. `about_a_line(said)` tells whether what follows `error: ` is about the line
    or about the connection (too many clients, no room on its disk); that ends the connection, and the line waits.
    """

    def __init__(
        self, host: str, port: int, outbox: Outbox, stop: Stop, log: Log, *, about_a_line: Callable[[str], bool]
    ) -> None:
        self._host, self._port = host, port
        self._outbox = outbox
        self._stop = stop
        self._log = log
        self._about_a_line = about_a_line
        self._sent = len(outbox)
        self._acknowledged = 0
        self._refused = 0
        self._pause_s = _FIRST_PAUSE_S
        self._away_since_s: float | None = None
        self._said_s = 0.0
        self._answered_s = 0.0
        self._ending = False
        self.is_connected = False
        self._condition = "Waiting for the first sample."
        self._started_s = time.monotonic()
        if self._sent:
            log.info("samples of an earlier run go first", waiting=self._sent, file=str(outbox.path))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="gateway", daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def counts(self) -> Counts:
        return Counts(self._sent, self._acknowledged, self._refused)

    @property
    def condition(self) -> str:
        """How the connection fares, in words."""
        return self._condition

    def send(self, block: Block) -> None:
        """Hand messages over; never waits. With no room left in the outbox they are lost, which the log tells."""
        for key, value in zip(block.keys, block.values, strict=True):
            self._sent += 1
            if not self._outbox.put(Kept(block.topic, (key or b"").decode(), (value or b"").decode())):
                self._refused += 1
                self._log.error("too much waits, a sample is lost", waiting=len(self._outbox))
        self._wake()

    def tend(self) -> None:
        """Nothing to do: the thread looks after what is under way."""

    def finish(self) -> Outcome:
        """Wait for answers, 10 s at most and not after a second stop; the rest stays in the outbox's file."""
        self._ending = True
        self._wake()
        ends_s = time.monotonic() + _AFTER_STOP_S
        while self._thread.is_alive() and time.monotonic() < ends_s and not self._stop.urgent:
            self._thread.join(_TICK_S)
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._outbox.close()
        return Outcome(
            self._sent, self._acknowledged, time.monotonic() - self._started_s, self._outbox.path,
            whom=f"the gateway at {self._host}:{self._port}",
            cure="the next run with this --unsent sends them first" if len(self._outbox) else "they were refused")

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._came.set)

    async def _run(self) -> None:
        self._loop, self._came = asyncio.get_running_loop(), asyncio.Event()
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._ready.set()
        with suppress(asyncio.CancelledError):
            while await self._something_waits():
                try:
                    await self._converse()
                except (OSError, NotAGateway, ValueError) as error:  # ValueError: an answer without an end
                    self._outbox.again()
                    await self._rest(str(error) or type(error).__name__)

    async def _something_waits(self) -> bool:
        """Sleep until there is something to send; False once there will be nothing more."""
        while not len(self._outbox) and not self._ending:
            self._came.clear()
            await self._came.wait()
        return bool(len(self._outbox))

    async def _rest(self, why: str) -> None:
        now_s = time.monotonic()
        if self._away_since_s is None:
            self._away_since_s, self._said_s = now_s, -_REPEAT_S
        if now_s - self._said_s >= _REPEAT_S:
            self._said_s = now_s
            self._log.warning(
                "the gateway does not answer, samples are kept", gateway=f"{self._host}:{self._port}", why=why,
                waiting=len(self._outbox))
        pause_s = self._pause_s * random.uniform(0.5, 1.0)  # so that many senders do not come back at one moment
        self._condition = f"No gateway: {why}. Trying again."
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        await self._sleep(pause_s)

    async def _sleep(self, seconds: float) -> None:
        """Sleep; an end that is asked for cuts it short."""
        ends_s = time.monotonic() + seconds
        while not self._ending and (left_s := ends_s - time.monotonic()) > 0:
            self._came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._came.wait()
        if self._ending:
            await asyncio.sleep(min(seconds, _FIRST_PAUSE_S))

    async def _converse(self) -> None:
        """One connection, until nothing more is to come or it breaks."""
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(self._host, self._port)
        self.is_connected = True
        sides = {asyncio.create_task(self._write(writer)), asyncio.create_task(self._read(reader))}
        try:
            ended, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
            for side in ended:
                side.result()
        finally:
            for side in sides:
                side.cancel()
            writer.close()
            self.is_connected = False

    async def _write(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._came.clear()
            while self._outbox.asked < IN_FLIGHT and (message := self._outbox.ask()):
                if self._outbox.asked == 1:
                    self._answered_s = time.monotonic()
                writer.write(message.value.encode() + b"\n")
                await writer.drain()
            if self._ending and not len(self._outbox):
                return
            await self._came.wait()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK_S):
                    line = await reader.readline()
            except TimeoutError:
                if self._outbox.asked and time.monotonic() - self._answered_s > _ANSWER_S:
                    raise ConnectionError(f"no answer within {_ANSWER_S:.0f} s") from None
                continue
            if not self._outbox.asked and (not line or line.startswith(b"error: ")):
                return  # an idle connection may be closed, with a word of goodbye
            if not line.endswith(b"\n"):
                raise ConnectionError("the gateway closed the connection")
            self._take(line.decode("utf-8", "replace").strip())

    def _take(self, answer: str) -> None:
        """Account for one answer. Raises NotAGateway."""
        error, _, said = answer.partition(": ")
        if not self._outbox.asked or (answer != "ok" and (error != "error" or not self._about_a_line(said))):
            raise NotAGateway(f"it said {answer[:100]!r}")
        message = self._outbox.answered()
        if answer == "ok":
            self._acknowledged += 1
        else:
            self._refused += 1
            self._log.error("sample refused", why=said[:300], sample=message.value[:300])
        self._back()
        self._came.set()

    def _back(self) -> None:
        now_s = time.monotonic()
        if self._away_since_s is not None:
            self._log.info(
                "the gateway answers again", away_s=round(now_s - self._away_since_s), waiting=len(self._outbox))
        self._away_since_s = None
        self._answered_s = now_s
        self._pause_s = _FIRST_PAUSE_S
        self._condition = f"Connected to {self._host}:{self._port}."
