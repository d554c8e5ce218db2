"""Two views compared, value by value."""

from __future__ import annotations

from decimal import Decimal

from batch_layer.mapreduce.compare import differences
from metering.domain.fold import Value, View
from metering.streams import STREAMS

ROLLUP = STREAMS["resource_usage"].rollup("service_minute")
MINUTE = 1763971200_000000


def view(service: str = "web", **changes: Value) -> View:
    values = {measure.column: Decimal(1) for measure in ROLLUP.measures} | {"max_cpu_time": MINUTE} | changes
    return {(MINUTE, service): tuple(values.values())}


def test_equal_views_have_no_difference_however_their_numbers_are_spelt() -> None:
    assert list(differences(ROLLUP, view(cpu=Decimal("1.000")), view(cpu=1))) == []


def test_a_difference_names_key_column_and_both_values() -> None:
    [found] = differences(ROLLUP, view(cpu=Decimal("12.500")), view(cpu=Decimal("12.501")))

    assert str(found) == "web 2025-11-24T08:00:00+00:00 cpu: map-reduce 12.500, batch view 12.501"


def test_times_are_told_as_times_and_null_as_unknown() -> None:
    [found] = differences(ROLLUP, view(max_cpu_time=MINUTE + 1), view(max_cpu_time=None))

    assert (found.counted, found.published) == ("2025-11-24T08:00:00.000001+00:00", "unknown")


def test_a_row_of_one_side_alone_is_one_difference() -> None:
    found = list(differences(ROLLUP, view("web"), view("cache")))

    assert [(one.key.split()[0], one.column, one.counted, one.published) for one in found] == [
        ("cache", "the row", "no row", "a row"), ("web", "the row", "a row", "no row")]
