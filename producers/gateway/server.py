"""The TCP side: many clients, each with its own limits, answered in its own order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from metering.clock import Clock
from metering.telemetry import Log
from producers.gateway.answers import Answers
from producers.gateway.first_buffer import FirstBuffer
from producers.gateway.lines import Line, Rules, accept, error
from producers.gateway.parting import part

LOG = Log("gateway")
END_WITHIN_S = 15.0

BACKLOG = 128
MOST_TURNED_AWAY = 100
"""Connections that wait to be taken, and that are told at one time that there are too many."""


@dataclass(frozen=True)
class Limits:
    """`line_bytes` a line; `clients` at once; a client is let go after `idle_s` without a line, or when it does not
    read its answers for `slow_s`; with `unanswered` lines under way, or `unanswered_bytes` of them, it is not read
    further. `skip_bytes`: how much of a line that is too long is read to find its end."""

    line_bytes: int = 64 * 1024
    clients: int = 1_000
    idle_s: float = 600.0
    slow_s: float = 30.0
    unanswered: int = 1_000
    unanswered_bytes: int = 256 * 1024
    skip_bytes: int = 16 * 2**20


@dataclass
class Counts:
    """What came so far."""

    accepted: int = 0
    refused: int = 0
    turned_away: int = 0


class Server:
    """Takes lines from clients into the first buffer. Whatever one client does, the others do not wait for it."""

    def __init__(self, rules: Rules, limits: Limits, first: FirstBuffer, clock: Clock) -> None:
        self._rules, self._limits, self._first, self._clock = rules, limits, first, clock
        self._readers: set[asyncio.Task[None]] = set()
        self._clients: set[asyncio.Task[None]] = set()
        self._turning_away = 0
        self.counts = Counts()

    @property
    def clients(self) -> int:
        return len(self._clients)

    async def listen(self, host: str, port: int) -> asyncio.Server:
        with_cr = self._limits.line_bytes + 1
        return await asyncio.start_server(self._connected, host, port, limit=with_cr, backlog=BACKLOG)

    async def end(self, within_s: float = END_WITHIN_S) -> None:
        """Read no more, hand on what has come, and let every client have its answers, for so many seconds."""
        for reader in list(self._readers):
            reader.cancel()
        self._first.flush()
        clients = list(self._clients)
        if clients:
            await asyncio.wait(clients, timeout=within_s)
        for client in clients:
            client.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.current_task()
        assert client is not None
        # Cancelled is what `end` does, and nobody is to hear of it.
        with suppress(asyncio.CancelledError):
            if len(self._clients) >= self._limits.clients:
                await self._turn_away(reader, writer)
                return
            self._clients.add(client)
            try:
                await self._converse(reader, writer)
            finally:
                self._clients.discard(client)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except Exception as fault:
            LOG.error("a connection failed", why=repr(fault))
        finally:
            await part(reader, writer)

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say why and part. Beyond so many at a time they are cut without a word: each costs an open file."""
        self.counts.turned_away += 1
        if self._turning_away >= MOST_TURNED_AWAY:
            writer.transport.abort()
            return
        self._turning_away += 1
        try:
            writer.write(f"{error('clients', f'{self._limits.clients} are connected already')}\n".encode())
            await part(reader, writer)
        finally:
            self._turning_away -= 1

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = Answers(self._limits.unanswered, self._limits.unanswered_bytes)
        reading = asyncio.create_task(self._read(reader, answers))
        answering = asyncio.create_task(self._answer(answers, writer))
        self._readers.add(reading)
        try:
            await asyncio.wait({reading, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                await self._last_answers(answers, answering)
        finally:
            self._readers.discard(reading)
            for task in (reading, answering):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError, TimeoutError):
                    await task

    async def _last_answers(self, answers: Answers, answering: asyncio.Task[None]) -> None:
        """Nothing more is read: answer what is under way, then end."""
        closing = asyncio.create_task(answers.put(None))
        await asyncio.wait({closing, answering}, return_when=asyncio.FIRST_COMPLETED)
        if closing.done():
            await asyncio.wait({answering})
        closing.cancel()

    async def _read(self, reader: asyncio.StreamReader, answers: Answers) -> None:
        while True:
            try:
                async with asyncio.timeout(self._limits.idle_s):
                    raw = await reader.readuntil(b"\n")
            except TimeoutError:
                await self._refuse(answers, "line", f"none for {self._limits.idle_s:g} s; connect again")
                return
            except asyncio.LimitOverrunError:
                await self._refuse_long(answers)
                if not await self._skip(reader):
                    return
            except asyncio.IncompleteReadError as ended:
                if ended.partial.strip():
                    await self._refuse(answers, "line", "it ends without a newline and was not kept")
                return
            else:
                await self._take(raw, answers)

    async def _skip(self, reader: asyncio.StreamReader) -> bool:
        """Read on to the end of a line that is too long; False where it does not come."""
        skipped = 0
        while skipped < self._limits.skip_bytes:
            try:
                async with asyncio.timeout(self._limits.idle_s):
                    await reader.readuntil(b"\n")
                return True
            except asyncio.LimitOverrunError as longer:
                skipped += len(await reader.readexactly(longer.consumed))
            except (TimeoutError, asyncio.IncompleteReadError):
                return False
        return False

    async def _take(self, raw: bytes, answers: Answers) -> None:
        if len(raw.rstrip(b"\r\n")) > self._limits.line_bytes:
            await self._refuse_long(answers)
            return
        found = accept(self._rules, raw, self._clock.now())
        if isinstance(found, str):
            await self._say(answers, found)
            return
        self.counts.accepted += 1
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        await answers.put(answer, len(found))
        self._first.add(Line(found, answer))

    async def _refuse_long(self, answers: Answers) -> None:
        await self._refuse(answers, "line", f"SIZE: longer than {self._limits.line_bytes} bytes")

    async def _refuse(self, answers: Answers, field: str, why: str) -> None:
        await self._say(answers, error(field, why))

    async def _say(self, answers: Answers, text: str) -> None:
        self.counts.refused += 1
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        answer.set_result(text)
        await answers.put(answer)

    async def _answer(self, answers: Answers, writer: asyncio.StreamWriter) -> None:
        while (answer := await answers.get()) is not None:
            writer.write(f"{await answer}\n".encode())
            if answers.empty() or writer.transport.get_write_buffer_size() > self._limits.line_bytes:
                async with asyncio.timeout(self._limits.slow_s):
                    await writer.drain()


def stop_at(event: asyncio.Event, *signals: int) -> None:
    """Set the event at each of the signals."""
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, event.set)
