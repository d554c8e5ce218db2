"""Words made of facts: how fresh, how far final, what a dead letter looks like, what is judged red."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.queries.dead_letters import readable
from serving.queries.freshness import Level, _behind, _final_to, ago
from serving.queries.health import RejectShare

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "data_to": NOW - 8 * SECOND, "waiting": 0, "speed_seen": NOW - 2 * SECOND, "batch_started": NOW - HOUR,
    "first_open": TEN + HOUR, "longest_open": TEN + HOUR, "open_since": TEN + 2 * HOUR,
    "last_final": TEN, "first_final": TEN - 9 * HOUR}


@pytest.mark.parametrize(
    ("change", "final_to"),
    [
        ({}, TEN + HOUR),
        ({"first_open": None}, TEN + HOUR),
        ({"first_open": TEN - 4 * HOUR}, TEN - 4 * HOUR),
        ({"first_open": TEN - 9 * HOUR}, None),
        ({"first_open": TEN + 3 * HOUR}, TEN + HOUR),
        ({"last_final": None, "first_final": None}, None),
    ])
def test_final_to_is_where_the_unbroken_row_of_final_hours_ends(
    change: dict[str, Any], final_to: datetime | None
) -> None:
    assert _final_to(GOOD | change) == final_to


@pytest.mark.parametrize(
    ("change", "words", "level"),
    [
        ({}, "", Level.GOOD),
        ({"data_to": None, "speed_seen": None, "first_open": None, "open_since": None}, "", Level.NONE),
        ({"speed_seen": NOW - 90 * SECOND}, "the speed layer was last seen 1 min 30 s ago", Level.BAD),
        ({"waiting": 5000, "data_to": NOW - 40 * SECOND}, "the speed layer has 5,000 messages to read", Level.WARN),
        ({"waiting": 5000, "data_to": NOW - HOUR}, "the speed layer has 5,000 messages to read", Level.BAD),
        ({"open_since": NOW - 3 * HOUR}, "the batch layer has not made", Level.WARN),
        ({"open_since": NOW - 6 * HOUR}, "the batch layer has not made", Level.BAD),
        ({"data_to": NOW - HOUR}, "nothing new arrives: no message for 1 h", Level.WARN),
    ])
def test_the_first_stage_that_is_behind_is_named(change: dict[str, Any], words: str, level: Level) -> None:
    found, how_bad = _behind(GOOD | change, None, NOW)

    assert found.startswith(words) and bool(found) == bool(words)
    assert how_bad is level


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (90_000, "1 d 1 h")])
def test_a_length_of_time_reads_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert ago(timedelta(seconds=seconds)) == words


@given(st.binary(max_size=60))
def test_any_bytes_can_be_shown_and_nothing_in_them_acts(raw: bytes) -> None:
    text, as_hex = readable(raw)

    assert text.isprintable()
    assert not as_hex or bytes.fromhex(text) == raw


def test_a_character_cut_in_half_does_not_turn_text_into_hex() -> None:
    assert readable("año".encode()[:2]) == ("a", False)
    assert readable(b"") == ("", False)
    assert readable("‮evil".encode()) == ("\\u202eevil", False)


@pytest.mark.parametrize(
    ("messages", "rejected", "red"), [(999, 999, False), (1000, 500, False), (1000, 501, True), (4000, 2001, True)])
def test_more_than_half_of_a_thousand_messages_turns_red(messages: int, rejected: int, red: bool) -> None:
    assert RejectShare(messages, rejected).red is red
