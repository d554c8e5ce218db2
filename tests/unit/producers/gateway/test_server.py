"""The TCP side on a loopback port: answers in order, and a client that misbehaves hurts only itself."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from metering.clock import Clock, SystemClock
from metering.domain.stream import TimeRules
from metering.streams.machines import RESOURCE_USAGE
from producers.gateway.first_buffer import FirstBuffer
from producers.gateway.lines import OK, Line, Rules
from producers.gateway.server import MOST_TURNED_AWAY, Limits, Server

GOOD = b'{"machine_id":"m","cpu":1,"ram":2}\n'
BAD = b'{"machine_id":"m","cpu":101,"ram":2}\n'
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Disk:
    """The second buffer's place: keeps the lines, and answers when told to."""

    held: list[Line] = field(default_factory=list)
    holds_back: bool = False

    def take(self, lines: Sequence[Line]) -> None:
        self.held += lines
        if not self.holds_back:
            self.answer()

    def answer(self, text: str = OK) -> None:
        for line in self.held:
            if not line.answer.done():
                line.answer.set_result(text)


@dataclass
class Listening:
    server: Server
    disk: Disk
    port: int

    async def connect(self) -> Client:
        return await asyncio.open_connection("127.0.0.1", self.port)


class StumblingClock(SystemClock):
    """Has a fault, at times."""

    stumbles = False

    def now(self) -> datetime:
        if self.stumbles:
            raise LookupError("a bug")
        return super().now()


def run(
    test: Callable[[Listening], Awaitable[None]], limits: Limits | None = None, buffer: int = 1,
    flush_s: float = 0.05, clock: Clock | None = None,
) -> None:
    """Run a test beside a server on a free port."""

    async def beside() -> None:
        disk = Disk()
        rules = Rules(RESOURCE_USAGE, TimeRules(), lambda: uuid.uuid4().hex)
        server = Server(rules, limits or Limits(), FirstBuffer(buffer, flush_s, disk.take), clock or SystemClock())
        listening = await server.listen("127.0.0.1", 0)
        async with asyncio.timeout(20):
            await test(Listening(server, disk, listening.sockets[0].getsockname()[1]))
            listening.close()
            await server.end()

    asyncio.run(beside())


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.01)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def answers(reader: asyncio.StreamReader, number: int) -> list[str]:
    return [(await reader.readline()).decode().strip() for _ in range(number)]


def test_a_line_is_answered_only_when_the_disk_has_it_and_errors_wait_for_their_turn() -> None:
    async def test(listening: Listening) -> None:
        listening.disk.holds_back = True
        reader, writer = await listening.connect()
        writer.write(GOOD + BAD + GOOD)
        await until(lambda: len(listening.disk.held) == 2)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.readline()

        listening.disk.answer()

        first, second, third = await answers(reader, 3)
        assert (first, third) == ("ok", "ok")
        assert second.startswith("error: cpu: RANGE: ")

    run(test)


def test_lines_come_in_any_pieces_and_many_at_once() -> None:
    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        for start in range(0, len(GOOD * 3), 7):
            writer.write((GOOD * 3)[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(GOOD * 5_000)
        assert await answers(reader, 5_003) == ["ok"] * 5_003

    run(test, buffer=50)


def test_a_client_that_sends_and_closes_its_side_gets_all_answers() -> None:
    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        writer.write(GOOD * 75)
        writer.write_eof()
        assert (await reader.read()).decode().split() == ["ok"] * 75

    run(test, buffer=50)


@pytest.mark.parametrize("hostile", [
    b"\x00\x01\xff" * 100 + b"\n", b"\n", b"GET / HTTP/1.1\r\n", b"{" * 5_000 + b"\n", b"x" * 200_000 + b"\n",
    b'{"machine_id":"m","cpu":1,"ram":2,"note":"' + b"y" * 70_000 + b'"}\n',
])
def test_rubbish_is_answered_in_one_line_and_the_next_line_is_taken(hostile: bytes) -> None:
    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        writer.write(hostile + GOOD)
        refused, taken = await answers(reader, 2)
        assert refused.startswith("error: line: ")
        assert taken == "ok"

    run(test)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("limit", [200, 64 * 1024])
def test_a_line_of_just_the_limit_is_taken_and_one_byte_more_is_not(limit: int, end: bytes) -> None:
    def line(size: int) -> bytes:
        head = b'{"machine_id":"m","cpu":1,"ram":2,"event_id":"e","timestamp":%d,"note":"' % time.time()
        return head + b"x" * (size - len(head) - 2) + b'"}' + end

    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        for size in (limit, limit + 1, limit + 2, 2 * limit, 5 * limit, limit):
            writer.write(line(size))
        said = [answer.split(",")[0] for answer in await answers(reader, 6)]
        long = f"error: line: SIZE: longer than {limit} bytes"
        assert said == ["ok", long, long, long, long, "ok"]

    run(test, Limits(line_bytes=limit))


def test_a_line_without_an_end_costs_no_memory_and_ends_with_its_client() -> None:
    async def test(listening: Listening) -> None:
        _, writer = await listening.connect()
        await until(lambda: listening.server.clients)
        with suppress(OSError):
            for _ in range(400):
                writer.write(b"x" * 65_536)
                await writer.drain()
        await until(lambda: not listening.server.clients)

    run(test)


def test_more_clients_than_the_limit_are_told_and_closed_and_room_is_used_again() -> None:
    async def test(listening: Listening) -> None:
        first, second = [await listening.connect() for _ in range(2)]
        await until(lambda: listening.server.clients == 2)
        reader, turned_away = await listening.connect()
        turned_away.write(GOOD * 1_000)
        # Read to the end: with lines unread on the other side a close would be a reset.
        assert (await reader.read()).startswith(b"error: clients: ")
        turned_away.close()

        first[1].close()
        await until(lambda: listening.server.clients == 1)
        reader, writer = await listening.connect()
        writer.write(GOOD)
        assert await answers(reader, 1) == ["ok"]
        second[1].close()

    run(test, Limits(clients=2))


def test_a_flood_of_clients_is_cut_and_costs_few_open_files() -> None:
    async def told(reader: asyncio.StreamReader) -> bool:
        with suppress(ConnectionError):
            return b"error: clients" in await reader.read()
        return False

    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        flood = [await listening.connect() for _ in range(MOST_TURNED_AWAY + 50)]
        await until(lambda: listening.server.counts.turned_away == len(flood))
        assert 0 < sum([await told(one) for one, _ in flood]) < len(flood)
        writer.write(GOOD)
        assert await answers(reader, 1) == ["ok"]
        for _, one in flood:
            one.close()

    run(test, Limits(clients=1))


def test_a_silent_client_is_let_go() -> None:
    async def test(listening: Listening) -> None:
        reader, writer = await listening.connect()
        writer.write(GOOD)
        assert (await reader.readline(), (await reader.readline())[:11]) == (b"ok\n", b"error: line")
        assert await reader.read() == b""

    run(test, Limits(idle_s=0.2))


def test_a_client_that_reads_no_answers_is_let_go_and_the_others_never_wait() -> None:
    async def test(listening: Listening) -> None:
        _, deaf = await listening.connect()
        flood = asyncio.create_task(_flood(deaf))
        await until(lambda: listening.server.clients == 1)
        reader, writer = await listening.connect()
        for _ in range(20):
            writer.write(GOOD)
            async with asyncio.timeout(1):
                assert await answers(reader, 1) == ["ok"]
        await until(lambda: listening.server.clients == 1)
        flood.cancel()

    run(test, Limits(slow_s=0.5))


def test_a_client_that_reads_no_answers_keeps_no_connection_open() -> None:
    async def test(listening: Listening) -> None:
        before = open_files()
        _, deaf = await listening.connect()
        async with asyncio.timeout(15):
            await _flood(deaf)
        await until(lambda: not listening.server.clients)
        await until(lambda: open_files() <= before)

    run(test, Limits(slow_s=0.2))


def test_a_fault_in_one_connection_is_logged_and_ends_it_after_its_answers(caplog: pytest.LogCaptureFixture) -> None:
    clock = StumblingClock()

    async def test(listening: Listening) -> None:
        first, second = await listening.connect(), await listening.connect()
        first[1].write(GOOD)
        assert await answers(first[0], 1) == ["ok"]
        clock.stumbles = True
        first[1].write(b"\n" + GOOD)
        assert await first[0].read() == b""
        clock.stumbles = False
        second[1].write(GOOD)
        assert await answers(second[0], 1) == ["ok"]

    run(test, clock=clock)
    assert [record.getMessage() for record in caplog.records] == ["a connection failed"]


def test_at_the_end_what_has_come_is_answered_and_every_client_let_go() -> None:
    async def test(listening: Listening) -> None:
        clients = [await listening.connect() for _ in range(5)]
        for _, writer in clients:
            writer.write(GOOD * 3)
        await until(lambda: listening.server.counts.accepted == 15)
        listening.disk.holds_back = True
        ending = asyncio.create_task(listening.server.end())
        await until(lambda: len(listening.disk.held) == 15)
        listening.disk.answer()
        for reader, writer in clients:
            assert (await reader.read()).split() == [b"ok"] * 3
            writer.close()
        await ending
        assert not listening.server.clients

    run(test, buffer=50, flush_s=60)


async def _flood(writer: asyncio.StreamWriter) -> None:
    """Bad lines, whose answers are longer than they are; never reads one."""
    try:
        while True:
            writer.write(b"{}\n" * 5_000)
            await writer.drain()
    except OSError:
        return


@pytest.mark.parametrize(("limits", "most"), [
    (Limits(unanswered=10), 12), (Limits(unanswered_bytes=10 * len(GOOD)), 12),
])
def test_a_client_is_not_read_further_while_too_much_of_it_is_unanswered(limits: Limits, most: int) -> None:
    async def test(listening: Listening) -> None:
        listening.disk.holds_back = True
        reader, writer = await listening.connect()
        writer.write(GOOD * 100)
        await until(lambda: len(listening.disk.held) >= 1)
        await asyncio.sleep(0.2)
        assert len(listening.disk.held) <= most

        listening.disk.holds_back = False
        listening.disk.answer()
        assert await answers(reader, 100) == ["ok"] * 100

    run(test, limits)


def test_a_client_that_goes_away_with_lines_under_way_leaves_them_to_the_disk() -> None:
    async def test(listening: Listening) -> None:
        listening.disk.holds_back = True
        _, writer = await listening.connect()
        writer.write(GOOD * 5)
        await until(lambda: len(listening.disk.held) == 5)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        listening.disk.answer()
        await until(lambda: not listening.server.clients)

    run(test)
