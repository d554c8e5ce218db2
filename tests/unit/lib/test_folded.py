"""Rollups by plain Python, beside numbers that were added up by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.lib.evidence import Row
from tests.lib.folded import by_hour, fold, merge
from tests.lib.message_rules import HOUR_US
from tests.lib.streams_told import TOLD
from tests.lib.streams_told.plays import RECORD
from tests.lib.streams_told.shapes import Sum

MINUTE, SECOND = 60_000_000, 1_000_000
LATER = MINUTE + SECOND


def rows_of(topic: str, contents: Sequence[tuple[Any, ...]], added: Sequence[tuple[Any, ...]] = ()) -> list[Row]:
    """Rows of contents without an event_id."""
    told = TOLD[topic]
    return [
        Row(told.content(*content, None), added[number] if added else (), 0, number, 0, 0, 1)
        for number, content in enumerate(contents)]


SAMPLES = rows_of("resource_usage", [  # time, machine, service, cpu, ram, disk, interval
    (1 * SECOND, "m1", "web", Decimal("10.5"), Decimal(20), None, 2),
    (2 * SECOND, "m1", "web", Decimal("30.25"), None, None, 3),
    (3 * SECOND, "m2", "web", Decimal("30.250"), Decimal(5), None, 1),
    (4 * SECOND, "m1", "db", None, None, None, 60),
    (LATER, "m1", "web", Decimal(1), Decimal(25), None, 1),
])


def test_sums_peaks_and_known_samples_of_a_service() -> None:
    told = TOLD["resource_usage"]
    service, _ = told.rollups
    view = fold(told, service, SAMPLES)

    assert view == {
        (0, "web"): (
            Decimal(71), Decimal(25), 0, (Decimal("30.25"), -2 * SECOND), (Decimal(20), -SECOND), None, 3, 3, 2, 0),
        (0, "db"): (0, 0, 0, None, None, None, 1, 0, 0, 0),
        (MINUTE, "web"): (
            Decimal(1), Decimal(25), 0, (Decimal(1), -LATER), (Decimal(25), -LATER), None, 1, 1, 1, 0),
    }  # fmt: skip
    assert by_hour(service, view)[0, "web"][3:7] == (
        (Decimal("30.25"), -2 * SECOND), (Decimal(25), -LATER), None, 4)


def test_percents_times_seconds_and_the_seconds_of_known_samples_of_a_machine() -> None:
    told = TOLD["resource_usage"]
    _, machine = told.rollups

    assert fold(told, machine, SAMPLES)[0, "m1"] == (
        Decimal("40.75"), Decimal(20), Decimal("111.75"), Decimal(40), 5, 3)


def test_three_dimensions_of_one_event() -> None:
    told = TOLD["devices"]
    rows = rows_of("devices", [(299 * SECOND, "u1", "a1", "X", 7), (300 * SECOND, "u1", "a2", "X", 5)])
    view = fold(told, told.rollups[0], rows)

    assert view[0, "user_total_bytes", "u1"] == view[0, "antenna_total_bytes", "a1"] == (7,)
    assert view[300 * SECOND, "app_total_bytes", "X"] == (5,)
    assert by_hour(told.rollups[0], view)[0, "app_total_bytes", "X"] == (12,)


def test_offers_count_where_one_was_decided() -> None:
    told = TOLD["listens"]
    added = [
        (*("GOLD" if name == "level" else None for name in RECORD), offer, "scored", None, None, None, None)
        for offer in (1, 0, None)]
    rows = rows_of("listens", [(0, "c", "t", 1, "z")] * 3, added)

    assert fold(told, told.rollups[0], rows) == {(0, "GOLD"): (3, 1)}


def test_costs_are_added_up_to_the_last_digit_and_companies_stay_apart() -> None:
    told = TOLD["billing"]
    rows = rows_of("billing", [
        (0, "a", Decimal("0.000001"), "EUR"), (4_999_999, "a", Decimal("-999999999.999999"), "EUR"),
        (5_000_000, "a", Decimal(1), "EUR"), (0, "a", Decimal(1), "USD")])

    assert fold(told, told.rollups[0], rows) == {
        (0, "a", "EUR"): (Decimal("-999999999.999998"), 2), (5_000_000, "a", "EUR"): (1, 1), (0, "a", "USD"): (1, 1)}


@pytest.mark.parametrize("topic", TOLD)
def test_parts_are_merged_into_the_whole(topic: str) -> None:
    told = TOLD[topic]
    contents = [(hour * HOUR_US + 5, *(_of(field, hour) for field in told.values)) for hour in (0, 0, 1, 0)]
    added = tuple(1 if name == "send_event" else "GOLD" for name in told.added)
    rows = rows_of(topic, contents, [added] * 4)

    for rollup in told.rollups:
        assert merge(rollup, [fold(told, rollup, rows[:2]), fold(told, rollup, rows[2:])]) == fold(told, rollup, rows)


def _of(field: Any, number: int) -> Any:
    return "x" if field.kind.name == "IDENTIFIER" else number + 1


def test_a_peak_that_is_half_there_is_like_no_other() -> None:
    peak = next(one for one in TOLD["resource_usage"].rollups[0].measures if not isinstance(one, Sum))

    assert peak.read((None, None)) is None
    assert peak.read((Decimal(1), 5)) == (Decimal(1), -5)
    assert peak.read((Decimal(1), None)) == (Decimal(1), None)
