"""A quantity that grows is found, one that breathes is not."""

from __future__ import annotations

import random

from benchmarks.slopes import Bound, growth, per_hour

HALF_AN_HOUR = [float(second) for second in range(0, 1800, 10)]


def test_the_slope_is_in_units_an_hour_and_shrinking_is_negative() -> None:
    assert per_hour([(0, 10.0), (900, 7.5), (1800, 5.0)]) == -10.0


def test_noise_and_a_pause_of_the_collector_are_no_growth() -> None:
    drawn = random.Random(3)
    samples = [(at, 500 + drawn.uniform(-40, 40) + (300 if at % 600 == 0 else 0)) for at in HALF_AN_HOUR]

    assert growth("memory", "MB", samples, Bound(part=0.1)).holds


def test_a_leak_under_the_noise_is_found() -> None:
    drawn = random.Random(3)
    samples = [(at, 500 + drawn.uniform(-40, 40) + 300 * at / 3600) for at in HALF_AN_HOUR]

    found = growth("memory", "MB", samples, Bound(part=0.1))

    assert 200 < found.per_hour < 400
    assert not found.holds


def test_what_fills_up_once_at_the_start_is_no_growth() -> None:
    samples = [(at, min(at, 400.0)) for at in HALF_AN_HOUR]

    assert growth("memory", "MB", samples, Bound(at_least=1)).per_hour == 0


def test_without_a_bound_growth_is_only_reported() -> None:
    assert growth("table", "MB", [(at, at) for at in HALF_AN_HOUR], None).holds
