"""The watcher sees a dip and a double, and hands on what went wrong in its thread."""

from __future__ import annotations

import threading

import pytest

from tests.lib.served_watcher import ServedWatcher


def watch(totals: list[int]) -> ServedWatcher:
    left, done = list(totals), threading.Event()

    def read() -> int:
        if len(left) == 1:
            done.set()
            return left[0]
        return left.pop(0)

    with ServedWatcher(read, every_s=0.0) as watcher:
        assert done.wait(10)
    return watcher


def test_a_total_that_only_grows_has_no_dip():
    watcher = watch([5, 5, 7, 9])

    assert (watcher.seen, watcher.dips, watcher.lowest, watcher.highest) == ([5, 7, 9], [], 5, 9)
    watcher.raise_if_moved_outside(5, 9)


def test_a_dip_and_a_double_are_seen():
    watcher = watch([5, 0, 10, 5])

    assert watcher.dips == [(5, 0), (10, 5)]
    with pytest.raises(AssertionError, match=r"served \[0, 10\]"):
        watcher.raise_if_moved_outside(5, 5)


def test_a_fault_while_polling_is_raised_at_the_end():
    def read() -> int:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"), ServedWatcher(read):
        pass
