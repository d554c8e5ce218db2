"""The features, on plays whose answer can be seen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from metering.domain.features import FEATURES, HoursShare, Play, WeekdaysShare, features_of

MADRID, UTC = ZoneInfo("Europe/Madrid"), ZoneInfo("UTC")


def play(clock: str, track: str = "t", mobile: int = 0, zone: ZoneInfo = UTC) -> Play:
    return Play(int(datetime.fromisoformat(clock).replace(tzinfo=zone).timestamp() * 1_000_000), track, mobile)


def test_every_play_counts() -> None:
    plays = [play("2026-11-23T05:00", "a", 1), play("2026-11-23T13:00", "b"), play("2026-11-23T13:30", "a", 1),
             play("2026-11-23T23:00", "a", 1)]

    assert features_of(plays, UTC) == {
        "morning": 0.25, "afternoon": 0.5, "evening": 0.0, "night": 0.25, "mobile": 0.75, "distinct_tracks": 0.5}


@pytest.mark.parametrize(("clock", "part"), [
    ("04:59:59.999999", "night"), ("05:00", "morning"), ("11:59:59", "morning"), ("12:00", "afternoon"),
    ("16:59", "afternoon"), ("17:00", "evening"), ("21:59:59", "evening"), ("22:00", "night"), ("00:00", "night"),
])  # fmt: skip
def test_each_hour_belongs_to_one_part_of_the_day(clock: str, part: str) -> None:
    found = features_of([play(f"2026-11-23T{clock}")], UTC)

    assert {name for name in ("morning", "afternoon", "evening", "night") if found[name]} == {part}


def test_hours_are_those_of_the_zone_also_over_a_change_of_the_clock() -> None:
    winter, summer = play("2026-10-25T04:30", zone=MADRID), play("2026-10-24T05:30", zone=MADRID)

    assert features_of([winter], MADRID)["night"] == 1 and features_of([summer], MADRID)["morning"] == 1
    assert features_of([summer], UTC)["night"] == 1


def test_a_new_feature_is_one_declaration() -> None:
    weekend = WeekdaysShare("weekend", (6, 7))
    plays = [play("2026-11-21T10:00"), play("2026-11-22T10:00"), play("2026-11-23T10:00"), play("2026-11-24T10:00")]

    assert features_of(plays, UTC, (*FEATURES, weekend))["weekend"] == 0.5
    assert "6, 7" in weekend.meaning


def test_a_part_of_the_day_may_run_over_midnight() -> None:
    assert HoursShare("night", 22, 5).hours == (22, 23, 0, 1, 2, 3, 4)
