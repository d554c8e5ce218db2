"""So many messages a second, and no burst after a long pause."""

from __future__ import annotations

from producers.generate.pace import Pace


class Moment:
    at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def test_over_a_minute_exactly_the_rate_is_sent() -> None:
    moment = Moment()
    pace = Pace(20, moment)

    sent = 0
    for tick in range(600):
        moment.at_s = 100 + tick / 10
        sent += pace.due(5_000)

    assert sent in (1_197, 1_198)


def test_after_a_long_pause_a_second_is_made_up_for_and_no_more() -> None:
    moment = Moment()
    pace = Pace(20, moment)
    moment.at_s = 1_000

    assert pace.due(5_000) == 20
    assert pace.due(5_000) == 0


def test_a_rate_of_zero_is_as_fast_as_possible() -> None:
    pace = Pace(0)

    assert [pace.due(5_000), pace.due(7)] == [5_000, 7]
    assert pace.rest_s() == 0


def test_a_slow_rate_sleeps_until_its_next_message() -> None:
    moment = Moment()
    pace = Pace(0.5, moment)

    assert pace.due(5_000) == 0
    assert pace.rest_s() == 2
