"""Feeding a delivery: block after block, with rests, until they end or an end is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from tqdm import tqdm

from producers.sending.block import Block
from producers.sending.delivery import Delivery, GaveUp
from producers.stop import Stop

_LONGEST_REST_S = 1.0


def feed(blocks: Iterator[Block], delivery: Delivery, total: int | None) -> None:
    """Send until the blocks end or Kafka stayed away for too long; `delivery.finish` settles the rest."""
    with tqdm(total=total, unit="msg", unit_scale=True, disable=None) as progress, suppress(GaveUp):
        for block in blocks:
            delivery.send(block)
            progress.update(len(block))


def rest(seconds: float, delivery: Delivery, stop: Stop) -> None:
    """Sleep until the next message is due, with an eye on those under way."""
    delivery.tend()
    stop.wait(min(seconds, _LONGEST_REST_S))


def until(seconds: float | None, stop: Stop) -> Callable[[], bool]:
    """Whether to go on: no stop was asked for and the time is not over."""
    ends_s = time.monotonic() + seconds if seconds else float("inf")
    return lambda: not stop.asked and time.monotonic() < ends_s
