"""Times and spans on the command line."""

from __future__ import annotations

import argparse

import pytest

from producers.times import instant_ms, share, span_ms


@pytest.mark.parametrize(("text", "milliseconds"), [
    ("2021-02-19T21:00", 1_613_768_400_000),
    ("2021-02-19T21:00:00Z", 1_613_768_400_000),
    ("2021-02-19T22:00+01:00", 1_613_768_400_000),
    ("2021-02-19", 1_613_692_800_000),
    ("2021-02-19T21:00:00.125", 1_613_768_400_125),
])
def test_a_time_is_iso_and_in_utc_unless_it_says_otherwise(text: str, milliseconds: int) -> None:
    assert instant_ms(text) == milliseconds


@pytest.mark.parametrize(("text", "milliseconds"), [
    ("90s", 90_000), ("15m", 900_000), ("6h", 21_600_000), ("3d", 259_200_000), ("2w", 1_209_600_000)])
def test_a_span_has_a_unit(text: str, milliseconds: int) -> None:
    assert span_ms(text) == milliseconds


@pytest.mark.parametrize(("read", "text"), [
    (instant_ms, "yesterday"), (instant_ms, ""), (span_ms, "3"), (span_ms, "0d"), (span_ms, "-3d"), (share, "1.5"),
    (share, "-0.1"), (share, "x"), (share, "nan")])
def test_what_cannot_be_read_is_refused_with_what_is_wanted(read: object, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="want"):
        read(text)  # type: ignore[operator]
