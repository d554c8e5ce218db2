"""The product's judge and the checker's own, written apart from the same table, say the same of any message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.lib import message_rules
from tests.lib.sample_evidence import MESSAGES
from tests.lib.streams_told import TOLD

NOW_S = 1_700_000_000
NUMBERS = st.one_of(
    st.integers(-2, 110), st.integers(), st.sampled_from([2**42, 2**42 + 1, 10**9, 10**350, -(10**350), 3600, 3601]),
    st.floats(allow_nan=True), st.decimals(-1, 101, places=3).map(float), st.integers(0, 10**6).map(lambda n: n / 8),
    st.sampled_from([NOW_S, NOW_S + 300, NOW_S + 301, NOW_S - 35 * 86_400, NOW_S - 35 * 86_400 - 1, NOW_S * 1000]))
TEXTS = st.one_of(
    st.text(max_size=4), st.sampled_from(["a", "a" * 64, "a" * 65, "=1", "a\n", "..", "a/b", "\ud800"]),
    st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{0,8})?", fullmatch=True))
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.just([]), st.just({}))


@st.composite
def messages(draw: st.DrawFn, topic: str) -> bytes:
    """A good message with up to three keys changed or left out; any of the field's names, in any case."""
    message: dict[str, Any] = {"timestamp": NOW_S, **MESSAGES[topic]}
    names = [name for field in TOLD[topic].fields for name in field.names]
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from([*names, "event_id", "extra"]))
        name = draw(st.sampled_from([name, name, name, name.upper(), name.title()]))
        if draw(st.booleans()):
            message[name] = draw(VALUES)
        else:
            message.pop(name, None)
    text = json.dumps(message)
    twice = text.replace("{", '{"timestamp": 1,', 1)
    return draw(st.sampled_from([text, text, text, text[:-1], text + text, twice])).encode()


@pytest.mark.parametrize("topic", TOLD)
@given(data=st.data())
def test_both_judges_say_the_same(topic: str, data: st.DataObject) -> None:
    raw = data.draw(messages(topic))

    found = judge(STREAMS[topic], raw, Position(topic, 0, 0), NOW_S * 1_000_000, TimeRules())
    told = message_rules.judge(TOLD[topic], raw, NOW_S * 1000)

    if isinstance(found, Event):
        names = told._fields[1:-1]
        assert told == (found.time_us, *(found.values[name] for name in names), found.event_id)
    else:
        assert told == found.reason.name


def test_both_know_the_same_streams_and_fields() -> None:
    assert TOLD.keys() == STREAMS.keys()
    for topic, told in TOLD.items():
        stream = STREAMS[topic]
        assert [field.names for field in told.fields] == [field.names for field in stream.fields]
        assert list(told.added) == [field.name for field in stream.added]


def test_both_know_the_same_tables_and_columns() -> None:
    for topic, told in TOLD.items():
        for rollup, other in zip(told.rollups, STREAMS[topic].rollups, strict=True):
            assert (rollup.name, rollup.window_s, rollup.window) == (other.name, other.window_s, other.window_column)
            assert rollup.tables == (other.realtime, other.batch, other.hourly_batch, other.merged, other.hourly_merged)
            columns = {column for measure in rollup.measures for column in measure.columns}
            assert columns | set(rollup.dimensions) | {rollup.window} == set(other.columns)
            assert rollup.window_column(str(other.hourly_batch)) == other.hour_column
