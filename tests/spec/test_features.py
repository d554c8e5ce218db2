"""Features of a customer: a table of plays, an answer, the reference and Spark SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.domain.features import FEATURES, Feature, Play, WeekdaysShare, features_of
from ml.features import count_features
from ml.span import microseconds

Counting = Callable[[Sequence[Play], str, Sequence[Feature]], dict[str, float]]

WEEKEND = WeekdaysShare("weekend", (6, 7))


def plays(table: str) -> list[Play]:
    """Rows of `time with offset | track | mobile`."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [Play(microseconds(datetime.fromisoformat(time)), track, int(mobile)) for time, track, mobile in rows]


def plain(found: Sequence[Play], zone: str, features: Sequence[Feature] = FEATURES) -> dict[str, float]:
    return features_of(found, ZoneInfo(zone), features)


def frame(by_customer: dict[str, Sequence[Play]]) -> pa.Table:
    rows = [(customer, play) for customer, found in by_customer.items() for play in found]
    return pa.table({
        "customer_id": pa.array([customer for customer, _ in rows], pa.string()),
        "timestamp": pa.array([play.time_us for _, play in rows], pa.timestamp("us", tz="UTC")),
        "track_id": pa.array([play.track_id for _, play in rows], pa.string()),
        "is_mobile": pa.array([play.is_mobile for _, play in rows], pa.int64()),
        "damage": pa.nulls(len(rows), pa.string()),
        "away": pa.nulls(len(rows), pa.string()),
    })


@pytest.fixture(params=["plain Python", "Spark SQL"])
def counting(request: pytest.FixtureRequest) -> Counting:
    if request.param == "plain Python":
        return plain
    session = request.getfixturevalue("spark")

    def by_spark(found: Sequence[Play], zone: str, features: Sequence[Feature] = FEATURES) -> dict[str, float]:
        [row] = count_features(session.createDataFrame(frame({"c": found})), zone, features).collect()
        return {feature.name: row[feature.name] for feature in features}

    return by_spark


PARTS = {"morning": 0.0, "afternoon": 0.0, "evening": 0.0, "night": 0.0}


@pytest.mark.parametrize(("time", "part"), [
    ("04:59:59", "night"), ("04:59:59.999999", "night"), ("05:00:00", "morning"), ("11:59:59", "morning"),
    ("12:00:00", "afternoon"), ("16:59:59", "afternoon"), ("17:00:00", "evening"), ("21:59:59", "evening"),
    ("22:00:00", "night"), ("23:59:59", "night"), ("00:00:00", "night")])
def test_a_part_of_the_day_has_its_first_moment_and_not_its_end(counting: Counting, time: str, part: str) -> None:
    found = counting(plays(f"2026-11-24 {time}+00:00 | t1 | 1"), "UTC", FEATURES)

    assert found == PARTS | {part: 1.0, "mobile": 1.0, "distinct_tracks": 1.0}


def test_every_play_counts_and_a_track_heard_twice_is_one_track(counting: Counting) -> None:
    found = counting(plays("""
        2026-11-24 06:00:00+00:00 | t1 | 1
        2026-11-24 13:00:00+00:00 | t1 | 0
        2026-11-24 18:00:00+00:00 | t2 | 0
    """), "UTC", FEATURES)

    third = 1 / 3
    assert found == {"morning": third, "afternoon": third, "evening": third, "night": 0.0, "mobile": third,
                     "distinct_tracks": 2 / 3}


def test_the_original_looked_at_the_last_play_only_which_is_another_answer(counting: Counting) -> None:
    """Its script set the part of the day after its loop, so the last line's hour stood for all."""
    heard = plays("""
        2026-11-24 06:00:00+00:00 | t1 | 1
        2026-11-24 07:00:00+00:00 | t2 | 1
        2026-11-24 23:00:00+00:00 | t3 | 0
    """)

    every, last = counting(heard, "UTC", FEATURES), counting(heard[-1:], "UTC", FEATURES)

    assert (every["morning"], every["night"], every["mobile"]) == (2 / 3, 1 / 3, 2 / 3)
    assert (last["morning"], last["night"], last["mobile"]) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(("instant", "part"), [
    # New York put its clocks back on 1 November 2026 at 06:00 UTC: 05:59:59 and 06:00 UTC are both in 01:xx.
    ("2026-11-01T05:59:59+00:00", "night"), ("2026-11-01T06:00:00+00:00", "night"),
    ("2026-11-01T08:59:59+00:00", "night"), ("2026-11-01T09:59:59+00:00", "night"),
    ("2026-11-01T10:00:00+00:00", "morning"),
    # The day before, 05:00 there was 09:00 UTC.
    ("2026-10-31T08:59:59+00:00", "night"), ("2026-10-31T09:00:00+00:00", "morning"),
    # Clocks went on on 8 March 2026 at 07:00 UTC.
    ("2026-03-07T09:59:59+00:00", "night"), ("2026-03-08T08:59:59+00:00", "night"),
    ("2026-03-08T09:00:00+00:00", "morning")])
def test_hours_are_local_also_on_days_when_clocks_change(counting: Counting, instant: str, part: str) -> None:
    found = counting(plays(f"{instant} | t1 | 0"), "America/New_York", FEATURES)

    assert found[part] == 1.0


@pytest.mark.parametrize(("zone", "share"), [("UTC", 0.5), ("Asia/Kathmandu", 1.0), ("America/New_York", 0.0)])
def test_a_feature_of_weekdays_is_local_too(counting: Counting, zone: str, share: float) -> None:
    """Friday 21:00 and Saturday 01:00 UTC; 20 November 2026 is a Friday."""
    found = counting(plays("""
        2026-11-20 21:00:00+00:00 | t1 | 0
        2026-11-21 01:00:00+00:00 | t1 | 0
    """), zone, [WEEKEND])

    assert found == {"weekend": share}


HEARD = st.lists(
    st.builds(
        Play, st.integers(1_600_000_000_000_000, 1_900_000_000_000_000), st.sampled_from(["t1", "t2", "t3"]),
        st.integers(0, 1)),
    min_size=1, max_size=20)


@settings(max_examples=8)
@given(st.lists(HEARD, min_size=1, max_size=30))
def test_spark_sql_gives_the_reference_to_the_last_bit(spark, customers: list[list[Play]]) -> None:  # type: ignore[no-untyped-def]
    by_customer = {f"c{number}": found for number, found in enumerate(customers)}

    counted = count_features(spark.createDataFrame(frame(dict(by_customer))), "Europe/Madrid", [*FEATURES, WEEKEND])

    found = {row["customer_id"]: row for row in counted.collect()}
    for customer, heard in by_customer.items():
        wanted = plain(heard, "Europe/Madrid", [*FEATURES, WEEKEND])
        assert {name: found[customer][name] for name in wanted} == wanted
