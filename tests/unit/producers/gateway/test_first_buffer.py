"""The first buffer: full, or a second after its first line, it is handed on whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from producers.gateway.first_buffer import FirstBuffer
from producers.gateway.lines import Line


def _line(number: int) -> Line:
    return Line(b"%d\n" % number, asyncio.get_running_loop().create_future())


async def _handed(flush_s: float, lines: int, then_s: float) -> list[list[bytes]]:
    handed: list[list[bytes]] = []

    def hand_over(given: Sequence[Line]) -> None:
        handed.append([line.content for line in given])

    buffer = FirstBuffer(3, flush_s, hand_over)
    for number in range(lines):
        buffer.add(_line(number))
    await asyncio.sleep(then_s)
    return handed


def test_a_full_buffer_is_handed_on_at_once_and_the_next_line_begins_a_fresh_one() -> None:
    assert asyncio.run(_handed(60, 7, 0)) == [[b"0\n", b"1\n", b"2\n"], [b"3\n", b"4\n", b"5\n"]]


def test_a_buffer_that_does_not_fill_is_handed_on_when_its_time_is_over() -> None:
    assert asyncio.run(_handed(0.01, 2, 0.2)) == [[b"0\n", b"1\n"]]


def test_an_empty_buffer_is_not_handed_on_by_a_timer_of_the_one_before() -> None:
    assert asyncio.run(_handed(0.01, 3, 0.1)) == [[b"0\n", b"1\n", b"2\n"]]
