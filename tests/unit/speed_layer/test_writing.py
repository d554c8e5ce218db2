"""Slices are committed in their order, one beside the reading of the next; a fault is the last of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from speed_layer.writing import SliceFailed, Writing


class Frame:
    """As much of Spark's frame as is used: it is evaluated to a table of one number."""

    def __init__(self, number: int, fault: Exception | None = None) -> None:
        self.number, self.fault = number, fault

    def toArrow(self) -> pa.Table:
        if self.fault:
            raise self.fault
        return pa.table({"slice": [self.number]})


def writing_of(write: Callable[[int], None]) -> Writing:
    return Writing(lambda findings: write(findings["slice"][0].as_py()))


def call(writing: Writing, frame: Frame) -> None:
    writing(frame, frame.number)  # type: ignore[arg-type]


def test_the_callback_returns_while_its_slice_is_committed_and_the_order_is_kept() -> None:
    let_go, committed = threading.Event(), []

    def write(number: int) -> None:
        assert let_go.wait(10)
        committed.append(number)

    writing = writing_of(write)
    call(writing, Frame(1))
    assert committed == []

    let_go.set()
    for number in (2, 3):
        call(writing, Frame(number))
    writing.finish()

    assert committed == [1, 2, 3]


def test_a_commit_that_fails_is_the_last_and_its_fault_is_told() -> None:
    tried = []

    def write(number: int) -> None:
        tried.append(number)
        raise OSError("gone")

    writing = writing_of(write)
    call(writing, Frame(1))

    with pytest.raises(SliceFailed):
        call(writing, Frame(2))

    assert tried == [1] and str(writing.fault) == "gone"
    with pytest.raises(OSError, match="gone"):
        writing.finish()


def test_a_slice_that_cannot_be_evaluated_is_not_committed_and_the_one_before_is() -> None:
    committed: list[int] = []
    writing = writing_of(committed.append)
    call(writing, Frame(1))

    with pytest.raises(SliceFailed):
        call(writing, Frame(2, ValueError("no such file")))

    assert committed == [1] and isinstance(writing.fault, ValueError)


def test_closing_lets_no_slice_begin_and_says_whether_one_is_still_being_committed() -> None:
    let_go = threading.Event()
    writing = writing_of(lambda _: assert_set(let_go))
    call(writing, Frame(1))

    assert not writing.close(0.05)
    with pytest.raises(SliceFailed):
        call(writing, Frame(2))

    let_go.set()
    assert writing.close(10)
    assert writing.fault is None


def assert_set(event: threading.Event) -> None:
    assert event.wait(10)
