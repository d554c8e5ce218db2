"""What a client still has to be told."""

from __future__ import annotations

import asyncio

Answer = asyncio.Future[str] | None
"""An answer that comes; None: there will be no more."""


class Answers:
    """The answers of one client's lines, in their order. `put` waits while too much is under way."""

    def __init__(self, most_lines: int, most_bytes: int) -> None:
        self._queue: asyncio.Queue[tuple[Answer, int]] = asyncio.Queue(most_lines)
        self._most_bytes, self._bytes = most_bytes, 0
        self._got = asyncio.Event()

    async def put(self, answer: Answer, size: int = 0) -> None:
        """`size`: the bytes of its line that are held until it is answered."""
        while self._bytes and self._bytes + size > self._most_bytes:
            self._got.clear()
            await self._got.wait()
        self._bytes += size
        await self._queue.put((answer, size))

    async def get(self) -> Answer:
        answer, size = await self._queue.get()
        self._bytes -= size
        self._got.set()
        return answer

    def empty(self) -> bool:
        return self._queue.empty()
