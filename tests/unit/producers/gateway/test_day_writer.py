"""The second buffer: answered once the day's file has it on disk, and told where the disk does not take it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metering.arrow.archive import Archive
from metering.clock import TestClock
from producers.gateway.day_writer import DayWriter
from producers.gateway.inbox import Inbox
from producers.gateway.lines import Line
from tests.unit.producers.gateway.failing_disk import FailingDisk, kept

EVE, DAY = "2026-11-24", "2026-11-25"
MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)


@contextmanager
def writing(folder: Path, clock: TestClock, written: Callable[[], None] = lambda: None) -> Iterator[DayWriter]:
    writer = DayWriter(Inbox(Archive(str(folder))), clock, asyncio.get_running_loop(), written)
    writer.start()
    try:
        yield writer
    finally:
        writer.end()


def lines(*contents: bytes) -> list[Line]:
    return [Line(content + b"\n", asyncio.get_running_loop().create_future()) for content in contents]


async def answers(given: list[Line]) -> list[str]:
    async with asyncio.timeout(10):
        return [await line.answer for line in given]


def test_lines_are_on_disk_before_any_of_them_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        fsync(descriptor)
        happened.append("on disk")

    async def test() -> None:
        with writing(tmp_path, TestClock(MIDNIGHT)) as writer:
            first = lines(b"0")
            writer.take(first)
            assert await answers(first) == ["ok"]
            monkeypatch.setattr(os, "fsync", noted)
            second = lines(b"1", b"2")
            for line in second:
                line.answer.add_done_callback(lambda answer: happened.append(answer.result()))
            writer.take(second)
            await answers(second)

    asyncio.run(test())
    assert happened == ["on disk", "ok", "ok"]
    assert kept(tmp_path, DAY) == b"0\n1\n2\n"


def test_buffers_that_wait_at_midnight_go_to_the_new_day(tmp_path: Path) -> None:
    async def test() -> None:
        clock = TestClock(datetime(2026, 11, 24, 23, 59, 59, 999_999, tzinfo=UTC))
        with writing(tmp_path, clock) as writer:
            before, after = lines(b"before"), lines(b"after")
            writer.take(before)
            await answers(before)
            clock.at = MIDNIGHT
            writer.take(after)
            await answers(after)

    asyncio.run(test())
    assert (kept(tmp_path, EVE), kept(tmp_path, DAY)) == (b"before\n", b"after\n")


def test_a_disk_that_fails_is_told_and_lines_are_kept_again_when_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, wakes = FailingDisk(monkeypatch), []

    async def test() -> None:
        with writing(tmp_path, TestClock(MIDNIGHT), lambda: wakes.append(1)) as writer:
            disk.room = 3
            refused = lines(b"1", b"2")
            writer.take(refused)
            assert await answers(refused) == ["error: archive: the sample was not kept: No space left on device"] * 2
            assert wakes == []
            disk.room = None
            taken = lines(b"3")
            writer.take(taken)
            assert await answers(taken) == ["ok"]

    asyncio.run(test())
    assert kept(tmp_path, DAY).replace(b"\n\n", b"\n").lstrip(b"\n") == b"3\n"
    assert wakes == [1]


def test_the_reason_is_told_without_the_trace_that_hdfs_gives_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(Inbox):
        def append(self, day: str, content: bytes) -> None:
            raise OSError("lease is owned by another\n\tat org.apache.Foo(Foo.java:1)\n" * 50)

    async def test() -> list[str]:
        inbox = Away(Archive(str(tmp_path)))
        writer = DayWriter(inbox, TestClock(MIDNIGHT), asyncio.get_running_loop(), lambda: None)
        writer.start()
        given = lines(b"1")
        writer.take(given)
        writer.end()
        return await answers(given)

    assert asyncio.run(test()) == ["error: archive: the sample was not kept: lease is owned by another"]
    assert [record.__dict__["facts"]["why"] for record in caplog.records] == ["lease is owned by another"]


def test_what_waits_at_the_end_is_kept_and_answered(tmp_path: Path) -> None:
    async def test() -> list[str]:
        given = lines(*(b"%d" % number for number in range(500)))
        with writing(tmp_path, TestClock(MIDNIGHT)) as writer:
            for start in range(0, 500, 50):
                writer.take(given[start : start + 50])
        return await answers(given)

    assert asyncio.run(test()) == ["ok"] * 500
    assert kept(tmp_path, DAY).split() == [b"%d" % number for number in range(500)]


def test_a_fault_nobody_thought_of_is_not_silent() -> None:
    class Broken(Inbox):
        def append(self, day: str, content: bytes) -> None:
            raise LookupError("a bug")

    async def test() -> BaseException | None:
        writer = DayWriter(Broken(Archive("/nowhere")), TestClock(MIDNIGHT), asyncio.get_running_loop(), lambda: None)
        writer.start()
        writer.take(lines(b"1"))
        await asyncio.to_thread(writer.join)
        return writer.failure

    assert isinstance(asyncio.run(test()), LookupError)
