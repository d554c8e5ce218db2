"""A spill file gives back what was put in, whatever the bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from metering.telemetry import Log
from producers.replay.messages import Unsent
from producers.replay.readers import format_of, rows
from producers.sending.block import Block
from producers.sending.spill import Spill, event_id_of

MESSAGE = st.tuples(st.none() | st.binary(max_size=20), st.none() | st.binary(max_size=200))


@settings(deadline=None)  # it writes to the disk
@given(st.lists(MESSAGE, min_size=1, max_size=20))
def test_replay_reads_the_very_messages_that_were_kept(messages: list[tuple[bytes | None, bytes | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spill = Spill(Path(folder) / "unsent.jsonl", Log("test"))
        block = Block("events", [key for key, _ in messages], [value for _, value in messages])

        spill.keep(block, dict.fromkeys(range(len(messages)), "Kafka did not answer"))

        assert spill.path is not None
        assert format_of(spill.path, None) == "unsent"
        found = [Unsent().message(row) for row in rows(spill.path, "unsent")]
        assert [(message.topic, message.key, message.value) for message in found] == [
            ("events", key, value) for key, value in messages]


def test_the_event_id_is_found_where_there_is_one() -> None:
    assert event_id_of(b'{"event_id":"a"}') == "a"
    assert event_id_of(b'{"event_id":7}') is None
    assert event_id_of(b"[]") is None
    assert event_id_of(b"\xff") is None
