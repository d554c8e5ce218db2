"""URLs of targets: read, or refused with all that is wrong with them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.targets import BadTarget, Target, read_target


@pytest.mark.parametrize(("text", "target"), [
    ("tcp://127.0.0.1:7070", Target("tcp", "127.0.0.1", 7070)),
    ("tcp://127.0.0.1:7070/", Target("tcp", "127.0.0.1", 7070)),
    (" tcp://[::1]:7070 ", Target("tcp", "::1", 7070)),
    ("kafka://broker:9092", Target("kafka", "broker", 9092)),
    ("kafka://broker:9092/my-topic", Target("kafka", "broker", 9092, "my-topic")),
])
def test_a_target_is_read(text: str, target: Target) -> None:
    assert read_target(text) == target
    assert read_target(str(target)) == target


@pytest.mark.parametrize(("text", "faults"), [
    ("", ["no scheme", "no host", "no port"]),
    ("http://host:1", ["scheme 'http'"]),
    ("tcp://host", ["no port"]),
    ("tcp://host:0", ["port 0"]),
    ("tcp://host:65536", ["port: want"]),
    ("tcp://host:x/a?b", ["port: want", "path '/a'", "text after ?"]),
    ("tcp://me:word@host:1", ["a user or password"]),
    ("kafka://host:1/a/b", ["topic 'a/b'"]),
    ("kafka://host:1/ä", ["topic 'ä'"]),
    ("tcp://[::1:7070", ["Invalid IPv6 URL"]),
])
def test_every_fault_is_named_with_what_is_wanted_and_no_password(text: str, faults: list[str]) -> None:
    with pytest.raises(BadTarget) as refused:
        read_target(text)

    said = refused.value.faults
    assert len(said) == len(faults)
    assert all(fault in line for fault, line in zip(sorted(faults), sorted(said, key=_sorted_by(faults)), strict=True))
    assert all("want tcp://HOST:PORT or kafka://HOST:PORT[/TOPIC]" in line for line in said)
    assert "word" not in str(refused.value).replace("password", "")


def _sorted_by(faults: list[str]) -> object:
    return lambda line: next((fault for fault in sorted(faults) if fault in line), "")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadTarget):
        target = read_target(text)
        assert target.host
        assert 0 < target.port < 65_536
