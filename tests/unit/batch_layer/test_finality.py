"""When an hour is settled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from batch_layer.finality import settled_hours, settles_at
from metering.store.rotation import OpenHour, Sealed

HOUR = datetime(2026, 11, 23, 21, tzinfo=UTC)
GRACE = timedelta(minutes=10)
T = HOUR + timedelta(hours=1) + GRACE


def an_hour(arrived: datetime = HOUR, hour: datetime = HOUR) -> OpenHour:
    return OpenHour(hour, revision=1, published_generation=1, first_arrival=arrived)


def settled(
    *, sealed: dict[int, int], at: Mapping[int, int | None], ends: dict[int, int], now: datetime = T,
    hours: tuple[OpenHour, ...] = (),
) -> list[datetime]:
    found = settled_hours(hours or [an_hour()], Sealed(1, sealed), GRACE, now, lambda _: at, ends)
    return [hour.hour for hour in found]


def test_an_hour_settles_a_grace_after_its_end_or_after_its_first_event_came() -> None:
    assert settles_at(an_hour(), GRACE) == T
    assert settles_at(an_hour(arrived=HOUR + timedelta(days=2)), GRACE) == HOUR + timedelta(days=2) + GRACE


@pytest.mark.parametrize(
    ("sealed", "at", "ends", "expected"),
    [
        pytest.param({0: 10, 1: 20}, {0: 10, 1: 15}, {0: 90, 1: 90}, [HOUR], id="every partition read past T"),
        pytest.param({0: 9, 1: 20}, {0: 10, 1: 15}, {0: 90, 1: 90}, [], id="one partition a record short"),
        pytest.param({0: 10, 1: 7}, {0: 10, 1: None}, {0: 90, 1: 7}, [HOUR], id="an idle one read to its end"),
        pytest.param({0: 10, 1: 6}, {0: 10, 1: None}, {0: 90, 1: 7}, [], id="an idle one not read to its end"),
        pytest.param({0: 10}, {0: 10, 1: 1}, {0: 90, 1: 5}, [], id="a partition never read"),
        pytest.param({0: 10}, {0: 10, 1: None}, {0: 90, 1: 0}, [HOUR], id="a partition that is empty"),
    ],
)
def test_an_hour_is_settled_once_every_partition_was_read_beyond_it(
    sealed: dict[int, int], at: dict[int, int | None], ends: dict[int, int], expected: list[datetime]
) -> None:
    assert settled(sealed=sealed, at=at, ends=ends) == expected


def test_nothing_settles_before_its_time() -> None:
    assert settled(sealed={0: 10}, at={0: None}, ends={0: 10}, now=T - timedelta(microseconds=1)) == []


def test_the_earlier_hours_settle_and_kafka_is_asked_a_few_times_only() -> None:
    hours = tuple(an_hour(hour=HOUR + timedelta(hours=number)) for number in range(64))
    asked: list[datetime] = []

    def offsets_at(moment: datetime) -> dict[int, int | None]:
        asked.append(moment)
        return {0: round((moment - T) / timedelta(hours=1))}

    found = settled_hours(
        hours, Sealed(1, {0: 40}), GRACE, T + timedelta(days=9), offsets_at, {0: 100})

    assert [hour.hour for hour in found] == [hour.hour for hour in hours[:41]]
    assert len(asked) <= 7
