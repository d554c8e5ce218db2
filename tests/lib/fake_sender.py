"""A Kafka client without Kafka: keeps the contract, and can be away, lose messages and come back."""

from __future__ import annotations

import time
from collections import Counter, deque

from kafka.partitioner.default import murmur2

from producers.sending.block import Block

_LARGEST = 1_000_000


class FakeSender:
    """`away`: nothing is acknowledged. `losing`: so many messages are lost, another try may help."""

    def __init__(self, window: int = 10_000, *, away: bool = False, losing: int = 0) -> None:
        self.away = away
        self.losing = losing
        self.kept: list[tuple[str, bytes | None, bytes | None]] = []
        self.closed = False
        self._window = window
        self._under_way: deque[tuple[Block, int]] = deque()
        self._offsets: Counter[tuple[str, int]] = Counter()

    def send(self, block: Block, start: int) -> int:
        end = min(len(block), start + self._window - self.outstanding)
        self._under_way.extend((block, index) for index in range(start, end))
        return max(0, end - start)

    def pump(self, timeout_s: float) -> None:
        if self.away:
            time.sleep(min(timeout_s, 0.001))
            return
        while self._under_way:
            self._settle(*self._under_way.popleft())

    def _settle(self, block: Block, index: int) -> None:
        key, value = block.keys[index], block.values[index]
        if len(value or b"") > _LARGEST:
            block.lose(index, "too large", again=False)
        elif self.losing:
            self.losing -= 1
            block.lose(index, "lost on the way", again=True)
        else:
            self._acknowledge(block, index, key, value)

    def _acknowledge(self, block: Block, index: int, key: bytes | None, value: bytes | None) -> None:
        partition = (murmur2(key) & 0x7FFFFFFF) % 4 if key is not None else 0
        offset = self._offsets[block.topic, partition]
        self._offsets[block.topic, partition] += 1
        self.kept.append((block.topic, key, value))
        block.acknowledge(index, partition, offset, time.time_ns() // 1_000_000)

    @property
    def outstanding(self) -> int:
        return len(self._under_way)

    def abandon(self) -> None:
        while self._under_way:
            block, index = self._under_way.popleft()
            block.lose(index, "abandoned", again=True)

    def close(self) -> None:
        self.closed = True
