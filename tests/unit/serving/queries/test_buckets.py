"""Where a range is cut into bars, in the zone of whoever looks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.queries.buckets import MOST_BUCKETS, WINDOW, Granularity, buckets_of, stretches
from serving.ranges import TimeRange, parse_range

NOW = datetime(2026, 11, 24, 12, 4, 10, tzinfo=UTC)
FIVE, HOUR, DAY = Granularity.FIVE_MINUTES, Granularity.HOUR, Granularity.DAY


def ranged(from_text: str, to_text: str, tz: str = "UTC") -> TimeRange:
    return parse_range(from_text, to_text, tz, NOW)


@pytest.mark.parametrize(
    ("from_text", "cut"), [("now-15m", FIVE), ("now-6h", FIVE), ("now-24h", HOUR), ("now-7d", HOUR), ("now-28d", DAY)])
def test_the_bars_follow_the_span(from_text: str, cut: Granularity) -> None:
    assert buckets_of(ranged(from_text, "now")).granularity is cut


def test_a_range_counts_the_windows_that_start_in_it() -> None:
    found = buckets_of(ranged("now-24h", "now"))

    assert found.start == datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    assert found.end == datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


def test_the_bars_that_the_range_cuts_and_the_one_that_is_not_over_are_partial() -> None:
    bars = buckets_of(ranged("now-24h", "now")).all(NOW)

    assert [bar.partial for bar in bars] == [True, *[False] * 23, True]
    whole = buckets_of(ranged("2026-11-24", "2026-11-24"), HOUR).all(NOW)
    assert [bar.start.hour for bar in whole if bar.partial] == [12]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_of_the_zone_has_its_own_number_of_hours(day: str, hours: int) -> None:
    chosen = ranged(day, day, "Europe/Berlin")

    assert len(buckets_of(chosen, HOUR)) == hours
    assert len(buckets_of(chosen, DAY)) == 1


def test_hours_of_a_zone_half_an_hour_off_begin_at_half_past_in_utc_and_are_not_read_from_hourly_sums() -> None:
    found = buckets_of(ranged("2026-11-01", "2026-11-01", "Asia/Kolkata"), HOUR)

    assert {edge.minute for edge in found.edges} == {30}
    assert found.hours == (found.end, found.end)


def test_whole_utc_hours_between_the_ends_are_read_from_hourly_sums() -> None:
    found = buckets_of(ranged("2026-11-01T10:20", "2026-11-03T09:40", "Europe/Berlin"), HOUR)

    assert found.hours == (datetime(2026, 11, 1, 10, tzinfo=UTC), datetime(2026, 11, 3, 8, tzinfo=UTC))


def test_bars_that_would_be_too_many_give_way_to_coarser_ones() -> None:
    found = buckets_of(ranged("now-91d", "now"), FIVE)

    assert found.granularity is DAY or len(found) <= MOST_BUCKETS + 1
    assert found.granularity is not FIVE


@given(
    start=st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)),
    minutes=st.integers(0, 60 * 24 * 12),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    cut=st.sampled_from([None, *Granularity]),
)
def test_bars_tile_the_range(start: datetime, minutes: int, zone: str, cut: Granularity | None) -> None:
    first = start.replace(tzinfo=UTC)
    chosen = TimeRange(first, first + timedelta(minutes=minutes), ZoneInfo(zone), "", "")

    found = buckets_of(chosen, cut)

    assert list(found.edges[1:-1]) == sorted(set(found.edges[1:-1]))
    assert first <= found.start < first + WINDOW
    assert chosen.end <= found.end < chosen.end + WINDOW
    low, high = found.hours
    assert found.start <= low <= high <= found.end
    for number in range(1, len(found) + 1):
        assert found.number_of(found.edges[number - 1]) in (number, number + (found.start == found.end))


def test_stretches_are_the_runs_of_what_is_flagged() -> None:
    assert stretches([]) == []
    assert stretches([False, True, True, False, True]) == [(1, 3), (4, 5)]


@pytest.mark.parametrize(
    ("from_text", "cut"), [("now-2h", Granularity.MINUTE), ("now-3h", FIVE), ("now-24h", HOUR), ("now-28d", DAY)])
def test_sums_that_come_by_minute_are_cut_by_minute_where_the_range_is_short(from_text: str, cut: Granularity) -> None:
    assert buckets_of(ranged(from_text, "now"), window=timedelta(minutes=1)).granularity is cut


def test_five_minutes_begin_at_full_ones_however_short_the_window() -> None:
    found = buckets_of(ranged("now-3h", "now"), window=timedelta(minutes=1))

    assert (found.edges[0].minute, found.edges[1].minute, found.edges[-1].minute) == (5, 10, 5)
    odd = buckets_of(ranged("2026-11-24T09:03", "2026-11-24T12:04"), FIVE, window=timedelta(minutes=1))
    assert [edge.minute for edge in odd.edges[:3]] == [3, 5, 10]
    assert [bar.partial for bar in odd.all(NOW)][:2] == [True, False]


def test_hours_that_start_in_the_range_are_its_windows_where_sums_come_by_hour() -> None:
    found = buckets_of(ranged("now-24h", "now"), window=timedelta(hours=1))

    assert (len(found), found.edges[0].hour, found.edges[-1].hour) == (24, 13, 13)
    assert buckets_of(ranged("now-15m", "now"), window=timedelta(hours=1)).granularity is HOUR
