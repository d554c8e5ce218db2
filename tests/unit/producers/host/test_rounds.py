"""Rounds: as many as asked for, evenly spaced, and a last one at a stop."""

from __future__ import annotations

import pytest

from producers.host.rounds import rounds
from producers.stop import Stop


def test_rounds_end_after_as_many_as_asked_for() -> None:
    assert len(list(rounds(0.0, 3, Stop()))) == 3


def test_a_stop_makes_a_last_round_so_that_nothing_of_the_interval_is_missed() -> None:
    stop, taken = Stop(), 0

    for _ in rounds(60.0, None, stop):
        taken += 1
        stop.ask()

    assert taken == 2


@pytest.mark.parametrize(("at_once", "rests"), [(True, [10, 10]), (False, [10, 10, 10])])
def test_the_first_round_is_at_once_or_after_an_interval(at_once: bool, rests: list[int]) -> None:
    rested: list[float] = []

    list(rounds(10.0, 3, Stop(), at_once=at_once, rest=rested.append))

    # Nothing sleeps here, so each rest is as much longer as the ones before were too short.
    assert [round(seconds - 10 * index) for index, seconds in enumerate(rested)] == rests
