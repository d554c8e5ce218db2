"""Stepping to the previous and the next period, presets, the same a week before."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.periods import PRESETS, Preset, a_week_before, preset_of, step
from serving.ranges import TimeRange, parse_range

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)

STEPS = [
    ("2026-11-24", "2026-11-24", "UTC", -1, "2026-11-23", "2026-11-23"),
    ("2026-11-01", "2026-11-07", "UTC", -1, "2026-10-25", "2026-10-31"),
    ("2026-10-01", "2026-10-31", "Europe/Berlin", 1, "2026-11-01", "2026-11-30"),
    ("2026-10-01", "2026-12-31", "Europe/Berlin", -1, "2026-07-01", "2026-09-30"),
    ("2026-03-29", "2026-03-29", "Europe/Berlin", 1, "2026-03-30", "2026-03-30"),
    ("2012-10-01", "2012-10-20", "America/Sao_Paulo", -1, "2012-09-11", "2012-09-30"),
    ("2012-10-21", "2012-10-21", "America/Sao_Paulo", -1, "2012-10-20", "2012-10-20"),
    ("now-1M/M", "now/M", "UTC", -1, "2026-09-01", "2026-09-30"),
    ("now-1h", "now", "UTC", -1, "2026-11-24T10:04:10Z", "2026-11-24T11:04:10Z"),
]


@pytest.mark.parametrize(("from_text", "to_text", "tz", "count", "to_be_from", "to_be_to"), STEPS)
def test_a_step_keeps_the_kind_of_period(
    from_text: str, to_text: str, tz: str, count: int, to_be_from: str, to_be_to: str
) -> None:
    found = step(parse_range(from_text, to_text, tz, NOW), count)

    assert found is not None
    assert (found.from_text, found.to_text) == (to_be_from, to_be_to)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_every_preset_can_be_read_and_is_recognised(preset: Preset) -> None:
    found = parse_range(preset.from_text, preset.to_text, "Asia/Kolkata", NOW)

    assert preset_of(found) == preset


def test_a_week_before_keeps_the_clock_on_the_wall_over_a_change_of_the_clocks() -> None:
    found = a_week_before(parse_range("2026-10-26", "2026-10-26", "Europe/Berlin", NOW))

    assert found is not None
    assert (found.from_text, found.to_text) == ("2026-10-19", "2026-10-19")


RANGES = st.builds(
    lambda first, days, zone: parse_range(
        first.isoformat(), "", zone, datetime(2040, 1, 1, tzinfo=UTC)) if days is None else parse_range(
        first.isoformat(), datetime.fromordinal(first.toordinal() + days).date().isoformat(), zone, NOW),
    st.dates(datetime(2000, 1, 1).date(), datetime(2030, 1, 1).date()),
    st.none() | st.integers(0, 100),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Australia/Lord_Howe"]),
)


@given(RANGES)
def test_the_previous_period_touches_this_one_and_its_texts_say_the_same(chosen: TimeRange) -> None:
    before = step(chosen, -1)

    if before is None:
        assert chosen.start - chosen.span < datetime(1970, 1, 1, tzinfo=UTC)
        return
    assert before.end == chosen.start
    again = parse_range(before.from_text, before.to_text, str(chosen.zone), NOW)
    assert (again.start, again.end) == (before.start, before.end)
