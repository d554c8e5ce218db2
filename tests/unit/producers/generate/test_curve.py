"""Day and night."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.generate.curve import Curve

DAY_MS = 86_400_000
MIDNIGHT_MS = 1_613_692_800_000


def test_the_evening_has_many_times_the_events_of_the_early_morning() -> None:
    times = Curve(MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS).times_ms(np.linspace(0, 1, 24_000, endpoint=False))

    by_hour = np.bincount((times - MIDNIGHT_MS) // 3_600_000, minlength=24)

    assert by_hour.argmax() in (19, 20)
    assert by_hour.argmin() in (3, 4)
    assert by_hour[20] > 6 * by_hour[4]


def test_each_day_is_alike() -> None:
    times = Curve(MIDNIGHT_MS, MIDNIGHT_MS + 3 * DAY_MS).times_ms(np.linspace(0, 1, 30_000, endpoint=False))

    by_day = np.bincount((times - MIDNIGHT_MS) // DAY_MS)

    assert max(by_day) - min(by_day) <= 2


@settings(deadline=None)
@given(
    start=st.integers(0, 2_000_000_000_000), length=st.integers(1, 40 * DAY_MS),
    quantiles=st.lists(st.floats(0, 1, exclude_max=True), min_size=1).map(sorted))
def test_times_stay_in_the_range_and_in_order(start: int, length: int, quantiles: list[float]) -> None:
    times = Curve(start, start + length).times_ms(np.array(quantiles))

    assert start <= times.min()
    assert times.max() < start + length
    assert (np.diff(times) >= 0).all()
