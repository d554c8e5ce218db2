"""A run goes from stream to stream: what fails in one does not keep the next from its run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from batch_layer.__main__ import main
from batch_layer.command import run_each
from batch_layer.run import Outcome
from metering.domain.errors import BadSettings, Damaged, ServiceAway
from metering.domain.stream import Field, Kind, Stream

ALL = [Stream(topic, (Field("timestamp", Kind.TIME),), "timestamp", ()) for topic in ("doors", "visits", "trips")]
NINE = datetime(2021, 2, 19, 21, tzinfo=UTC)

DONE = Outcome(published=[NINE])
NOT_PROVEN = Outcome(failed={NINE: "a file is damaged"})
WAITS = Outcome(published=[NINE], waits_for="Kafka could not be asked")


def ran(**what: Outcome | Exception) -> tuple[list[str], Exception | None]:
    """The topics that were run over when each gives this, and what was raised at the end."""
    seen: list[str] = []
    try:
        run_each(ALL, _run(seen, what), threading.Event())
    except Exception as error:
        return seen, error
    return seen, None


def _run(seen: list[str], what: dict[str, Outcome | Exception]) -> Callable[[Stream], Outcome]:
    def run(stream: Stream) -> Outcome:
        seen.append(stream.topic)
        found = what.get(stream.topic, DONE)
        if isinstance(found, Exception):
            raise found
        return found

    return run


EVERY = ["doors", "visits", "trips"]


@pytest.mark.parametrize(
    ("what", "topics", "raised", "words"),
    [
        ({}, EVERY, None, ""),
        ({"doors": NOT_PROVEN}, EVERY, Damaged, "doors: 1 hours were not published: 2021-02-19T21"),
        ({"doors": WAITS}, EVERY, ServiceAway, "doors: Kafka could not be asked"),
        ({"doors": WAITS, "visits": NOT_PROVEN}, EVERY, Damaged, "visits: 1 hours"),
        ({"doors": NOT_PROVEN, "visits": WAITS}, EVERY, Damaged, "doors: 1 hours"),
        ({"doors": Damaged("no such file")}, EVERY, Damaged, "no such file"),
        ({"doors": BadSettings(["a", "b"]), "trips": NOT_PROVEN}, EVERY, Damaged, "trips: 1 hours"),
        ({"visits": ServiceAway("PostgreSQL")}, ["doors", "visits"], ServiceAway, "PostgreSQL"),
        ({"doors": NOT_PROVEN, "visits": ServiceAway("PostgreSQL")}, ["doors", "visits"], Damaged, "doors: 1 hours"),
        ({"doors": ZeroDivisionError("a fault of ours"), "visits": NOT_PROVEN}, EVERY, ZeroDivisionError, "of ours"),
    ],
)
def test_a_fault_is_told_at_the_end_the_worst_of_all(
    what: dict[str, Outcome | Exception], topics: list[str], raised: type[Exception] | None, words: str
) -> None:
    seen, error = ran(**what)

    assert seen == topics
    assert (type(error) if error else None) is raised and words in str(error or "")


def test_a_run_that_is_to_stop_begins_no_further_stream() -> None:
    stopping, seen = threading.Event(), []

    def run(stream: Stream) -> Outcome:
        seen.append(stream.topic)
        stopping.set()
        return DONE

    run_each(ALL, run, stopping)

    assert seen == ["doors"]


def test_a_stream_that_is_not_declared_is_a_fault_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--stream", "doors"])

    assert ended.value.code == 2
    assert "--stream: invalid choice: 'doors'" in capsys.readouterr().err
