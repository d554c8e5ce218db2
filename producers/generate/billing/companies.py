"""Who is billed, in which currency, and how much: companies with their shares of the charges."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from producers.generate.devices.cast import Shares

MOST_COMPANIES = 10_000

_WEIGHTS = (100, 61, 45, 30, 24, 19, 14, 11, 8, 5)
"""A few companies cause most of the charges; further companies repeat these."""

_QUANTILES = (0.0, 0.004, 0.02, 0.10, 0.30, 0.50, 0.75, 0.90, 0.98, 1.0)
_MILLIONTHS = (
    -180_000_000, -1, 1, 40_000, 310_000, 850_000, 2_600_000, 9_000_000, 60_000_000, 900_000_000)  # fmt: skip


@cache
def companies(count: int) -> Shares:
    """The first `count` companies, numbered from 1."""
    return Shares(tuple((f"company-{number + 1}", _WEIGHTS[number % len(_WEIGHTS)]) for number in range(count)))


def currency_of(company: int) -> str:
    """Every fifth company is billed in dollars."""
    return "USD" if company % 5 == 4 else "EUR"


def costs(uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cost for each uniform number, in millionths: one in 250 a credit, half of them less than 0.85."""
    return np.interp(uniform, _QUANTILES, _MILLIONTHS).astype(np.int64)
