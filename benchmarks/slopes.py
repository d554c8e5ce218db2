"""How fast a sampled quantity grows: the median of the slopes between all pairs of samples (Theil 1950, Sen 1968).

A third of the samples may be wild without moving it, so a pause of the garbage collector is no growth.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

HOUR_S = 3600.0

Samples = Sequence[tuple[float, float]]
"""(seconds, value), ascending in time."""


def per_hour(samples: Samples) -> float:
    """The Theil–Sen slope, in units an hour; 0 of fewer than two samples.

    >>> per_hour([(0, 1.0), (1800, 2.0), (3600, 3.0), (3700, 900.0)])
    2.0
    """
    slopes = [(late - early) / (end - start) for (start, early), (end, late) in combinations(samples, 2) if end > start]
    return statistics.median(slopes) * HOUR_S if slopes else 0.0


@dataclass(frozen=True)
class Bound:
    """How much a quantity may grow in an hour: by a part of its median, or by so much, whichever is more.

    With `never_above` it may breathe as it likes below that.
    """

    part: float = 0.0
    at_least: float = 0.0
    never_above: float | None = None

    def of(self, median: float) -> float:
        """The bound for a quantity of this median."""
        return max(self.at_least, self.part * median)


@dataclass(frozen=True)
class Growth:
    """What a quantity did over the samples. `bound` None: it is meant to grow, and only reported."""

    name: str
    unit: str
    median: float
    highest: float
    per_hour: float
    bound: float | None
    never_above: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it grew no faster than its bound, or stayed below its ceiling; shrinking always holds."""
        if self.never_above is not None:
            return self.highest <= self.never_above
        return self.bound is None or self.per_hour <= self.bound


def growth(name: str, unit: str, samples: Samples, bound: Bound | None, *, settle: float = 0.25) -> Growth:
    """The growth after the first part of the time, in which everything fills up once."""
    start, end = samples[0][0], samples[-1][0]
    kept = [one for one in samples if one[0] >= start + settle * (end - start)]
    values = [value for _, value in kept]
    median = statistics.median(values)
    ceiling = bound.never_above if bound else None
    limit = bound.of(median) if bound and ceiling is None else None
    return Growth(name, unit, median, max(values), per_hour(kept), limit, ceiling)
