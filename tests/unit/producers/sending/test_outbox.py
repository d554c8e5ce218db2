"""An outbox gives out what was put in until it is answered, also after its program was killed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.errors import BadSettings
from metering.telemetry import Log
from producers.replay.messages import Unsent
from producers.replay.readers import rows
from producers.sending.outbox import Kept, Outbox

LOG = Log("test")


def _message(number: int) -> Kept:
    return Kept("resource_usage", "vera", f'{{"event_id": "e{number}"}}')


def _drained(outbox: Outbox) -> list[Kept]:
    return [message for message in iter(outbox.ask, None) if outbox.answered() == message]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Outbox]:
    return lambda most=100: Outbox(tmp_path / "unsent.jsonl", "resource_usage", LOG, most)


def test_messages_come_out_in_order_and_nothing_is_left_of_what_is_answered(
    opened: Callable[..., Outbox], tmp_path: Path
) -> None:
    outbox = opened()
    for number in range(5):
        assert outbox.put(_message(number))

    assert _drained(outbox) == [_message(number) for number in range(5)]
    outbox.close()
    assert not list(tmp_path.iterdir())


def test_what_awaits_an_answer_comes_out_again_before_the_others(opened: Callable[..., Outbox]) -> None:
    outbox = opened()
    for number in range(4):
        outbox.put(_message(number))
    outbox.ask()
    outbox.ask()
    outbox.answered()

    outbox.again()

    assert _drained(outbox) == [_message(number) for number in (1, 2, 3)]


def test_what_a_run_leaves_is_found_by_the_next_one_and_by_replay(
    opened: Callable[..., Outbox], tmp_path: Path
) -> None:
    outbox = opened()
    for number in range(3):
        outbox.put(_message(number))
    outbox.ask()
    outbox.close()

    found = [Unsent().message(row).value for row in rows(tmp_path / "unsent.jsonl", "unsent")]
    again = opened()

    assert found == [_message(number).value.encode() for number in range(3)]
    assert _drained(again) == [_message(number) for number in range(3)]


def test_a_line_that_a_kill_cut_off_is_left_out(opened: Callable[..., Outbox], tmp_path: Path) -> None:
    outbox = opened()
    outbox.put(_message(0))
    outbox.close()
    with (tmp_path / "unsent.jsonl").open("a") as file:
        file.write('{"topic": "resource_us')

    assert _drained(opened()) == [_message(0)]


def test_a_full_outbox_takes_no_more_and_says_so(opened: Callable[..., Outbox]) -> None:
    outbox = opened(most=3)

    assert [outbox.put(_message(number)) for number in range(5)] == [True, True, True, False, False]
    assert _drained(outbox) == [_message(number) for number in range(3)]


def test_the_file_stays_small_although_something_always_waits(opened: Callable[..., Outbox], tmp_path: Path) -> None:
    outbox = opened(most=10)
    outbox.put(_message(0))

    for number in range(1, 200):
        outbox.put(_message(number))
        outbox.ask()
        outbox.answered()

    assert len((tmp_path / "unsent.jsonl").read_text().splitlines()) <= 20
    outbox.close()
    assert _drained(opened())[-1:] == [_message(199)]


def test_a_file_that_another_sender_holds_is_refused(opened: Callable[..., Outbox]) -> None:
    first = opened()

    with pytest.raises(BadSettings, match="another sender uses it"):
        opened()
    first.close()


def test_a_file_with_messages_of_another_topic_is_refused_and_left_as_it_is(
    opened: Callable[..., Outbox], tmp_path: Path
) -> None:
    line = '{"topic": "devices", "key": "a", "value": "{}"}\n'
    (tmp_path / "unsent.jsonl").write_text(line)

    with pytest.raises(BadSettings, match="line 1: a message of devices"):
        opened()
    assert (tmp_path / "unsent.jsonl").read_text() == line


@given(st.lists(st.sampled_from(["put", "ask", "answered", "again", "reopen"]), max_size=60))
def test_no_message_is_lost_or_overtaken_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("outbox") / "unsent.jsonl"
    outbox, made, answered = Outbox(path, "resource_usage", LOG), 0, list[Kept]()
    for step in steps:
        if step == "put":
            outbox.put(_message(made))
            made += 1
        elif step == "ask":
            outbox.ask()
        elif step == "answered" and outbox.asked:
            answered.append(outbox.answered())
        elif step == "again":
            outbox.again()
        elif step == "reopen":
            outbox.close()
            outbox = Outbox(path, "resource_usage", LOG)
    outbox.again()

    answered += _drained(outbox)

    # After a reopening, answered messages may come again: they count once by their event_id.
    assert list(dict.fromkeys(answered)) == [_message(number) for number in range(made)]
