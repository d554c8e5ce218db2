"""Clients of the gateway that know what they sent: through kills, those that can send again, and those that cannot."""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

WINDOW = 100
"""Lines a client has under way at most."""

_AGAIN_S = 0.1


@dataclass(frozen=True)
class Sent:
    """One sample. `number` is its own in all of a test, in a field that the product ignores."""

    number: int
    fields: dict[str, Any]

    @property
    def line(self) -> bytes:
        return json.dumps(self.fields | {"number": self.number}).encode() + b"\n"

    def percent(self, name: str) -> Decimal | None:
        value = self.fields.get(name)
        return None if value is None else Decimal(str(value))


def samples(numbers: range, seed: int, service: str, start_s: float, span_s: float, *, own_id: bool) -> Iterator[Sent]:
    """Random samples of a machine. With `own_id` they have an event_id and a time in `span_s` from `start_s`."""
    chance = random.Random(seed)
    for number in numbers:
        fields: dict[str, Any] = {"machine_id": f"m-{seed}", "service": service}
        fields |= {name: chance.randrange(100_001) / 1000 for name in ("cpu", "ram")}
        fields["disk"] = None if chance.random() < 0.1 else chance.randrange(100_001) / 1000
        if own_id:
            fields |= {"event_id": f"e-{number}", "timestamp": start_s + round(chance.uniform(0, span_s), 6)}
        yield Sent(number, fields)


@dataclass
class SampleClient:
    """Sends samples in order, a window of them at a time, and connects again when the gateway is gone.

    `sends_again`: what was not answered is sent once more; else it is given up, and is in `unsure`.
    `patient`: what was answered `error: archive` is sent again, by every client: it was not kept. Else it is refused.
    """

    waiting: deque[Sent]
    sends_again: bool
    patient: bool = False
    acknowledged: list[Sent] = field(default_factory=list)
    unsure: list[Sent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _under_way: deque[Sent] = field(default_factory=deque)

    async def run(self, port: int) -> None:
        while self.waiting:
            try:
                await self._talk(*await asyncio.open_connection("127.0.0.1", port))
            except OSError:
                self._lost()
                await asyncio.sleep(_AGAIN_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while self.waiting or self._under_way:
                self._send(writer)
                await writer.drain()
                if self._note(await reader.readline()):
                    await asyncio.sleep(_AGAIN_S)
        finally:
            writer.close()

    def _send(self, writer: asyncio.StreamWriter) -> None:
        if len(self._under_way) > WINDOW // 2:
            return
        while self.waiting and len(self._under_way) < WINDOW:
            self._under_way.append(self.waiting.popleft())
            writer.write(self._under_way[-1].line)

    def _note(self, answer: bytes) -> bool:
        """Whether to wait before anything more is sent."""
        if not answer.endswith(b"\n"):
            raise ConnectionResetError("the gateway is gone")
        if answer == b"ok\n":
            self.acknowledged.append(self._under_way.popleft())
            return False
        if self.patient and answer.startswith(b"error: archive: "):
            self.waiting.append(self._under_way.popleft())
            return True
        self.refused.append(answer.decode())
        self._under_way.popleft()
        return False

    def _lost(self) -> None:
        if self.sends_again:
            self.waiting.extendleft(reversed(self._under_way))
        else:
            self.unsure += self._under_way
        self._under_way.clear()


async def send_all(clients: Sequence[SampleClient], port: int) -> None:
    """Run all clients side by side, to their end."""
    await asyncio.gather(*(client.run(port) for client in clients))
