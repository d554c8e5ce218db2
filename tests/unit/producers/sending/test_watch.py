"""Kafka's silence is said once, then every few seconds, and its return once."""

from __future__ import annotations

import logging

import pytest

from metering.telemetry import Log
from producers.sending.watch import Watch


class Moment:
    """A monotonic clock that stands where it is put."""

    at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def _said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_silence_is_told_after_three_seconds_and_again_every_five(caplog: pytest.LogCaptureFixture) -> None:
    moment = Moment()
    watch = Watch(Log("test"), moment)
    watch.look(5, 10)

    with caplog.at_level(logging.INFO):
        for second in range(100, 114):
            moment.at_s = second
            watch.look(5, 10)

    assert _said(caplog) == ["Kafka does not answer, trying again"] * 3
    assert [record.__dict__["facts"]["silent_s"] for record in caplog.records] == [3, 8, 13]


def test_its_return_is_told_with_the_length_of_the_silence(caplog: pytest.LogCaptureFixture) -> None:
    moment = Moment()
    watch = Watch(Log("test"), moment)
    watch.look(5, 10)
    moment.at_s = 104

    with caplog.at_level(logging.INFO):
        watch.look(5, 10)
        moment.at_s = 107
        silent_s = watch.look(6, 9)

    assert _said(caplog) == ["Kafka does not answer, trying again", "Kafka answers again"]
    assert caplog.records[-1].__dict__["facts"] == {"silent_s": 7}
    assert silent_s == 0


def test_where_nothing_waits_there_is_no_silence(caplog: pytest.LogCaptureFixture) -> None:
    moment = Moment()
    watch = Watch(Log("test"), moment)
    watch.look(5, 0)
    moment.at_s = 200

    with caplog.at_level(logging.INFO):
        silent_s = watch.look(5, 0)

    assert silent_s == 0
    assert not _said(caplog)
