"""The rounds in which samples are taken: at even intervals, with a last one at a stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count

from producers.stop import Stop


def rounds(
    interval_s: float, most: int | None, stop: Stop, *, at_once: bool = True,
    rest: Callable[[float], None] | None = None,
) -> Iterator[float]:
    """The monotonic time of each round, in seconds, until `most` or a stop; a stop makes a last one.

    `at_once`: the first is now, else after one interval. A round that takes longer than the interval delays those
    after it, and none is made up for. `rest` sleeps for so many seconds or until the stop, in place of `stop.wait`.
    """
    sleep = rest or stop.wait
    next_s = time.monotonic()
    if not at_once:
        next_s += interval_s
        sleep(interval_s)
    for number in count(1):
        is_last = stop.asked or number == most
        yield time.monotonic()
        if is_last:
            return
        next_s = max(next_s + interval_s, time.monotonic())
        sleep(max(0.0, next_s - time.monotonic()))
