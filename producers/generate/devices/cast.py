"""Who takes part: the users, antennas and apps of the published hour, with their shares of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Shares:
    """Names with the weight each is drawn by."""

    weights: tuple[tuple[str, float], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.weights)

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(name.encode() for name in self.names)

    @cached_property
    def _bounds(self) -> NDArray[np.float64]:
        sums = np.cumsum([weight for _, weight in self.weights])
        return np.asarray(sums / sums[-1], dtype=np.float64)

    def draw(self, uniform: NDArray[np.float64]) -> NDArray[np.intp]:
        """An index into `names` for each uniform number in [0, 1)."""
        return np.minimum(np.searchsorted(self._bounds, uniform, side="right"), len(self.names) - 1)

    @cached_property
    def _texts(self) -> pa.Array:
        return pa.array(self.names, pa.string())

    def texts(self, index: NDArray[np.intp]) -> pa.Array:
        """The names at these indices."""
        return self._texts.take(pa.array(index))


_USER_WEIGHTS = (55, 68, 50, 34, 57, 49, 51, 54, 45, 43, 59, 54, 52, 40, 44, 51, 45, 66, 57, 48)
"""Of the twenty users of the published hour; further users repeat them."""

MOST_USERS = 1_000_000


@cache
def users(count: int) -> Shares:
    """The first `count` users, numbered from 1."""
    return Shares(tuple(
        (f"00000000-0000-0000-0000-{number + 1:012d}", _USER_WEIGHTS[number % len(_USER_WEIGHTS)])
        for number in range(count)
    ))


ANTENNAS = Shares((
    ("11111111-1111-1111-1111-111111111111", 460),
    ("22222222-2222-2222-2222-222222222222", 21),
    ("33333333-3333-3333-3333-333333333333", 300),
    ("44444444-4444-4444-4444-444444444444", 22),
    ("00000000-0000-0000-0000-000000000000", 217),
))
APPS = Shares((("SKYPE", 217), ("FACEBOOK", 315), ("TELEGRAM", 263), ("FACETIME", 226)))

_SIZE_QUANTILES = (0.0, 0.01, 0.0100001, 0.10, 0.25, 0.50, 0.75, 0.90, 0.97, 0.995, 1.0)
_SIZES_BYTES = (0, 0, 40, 70, 160, 400, 1_000, 2_300, 5_000, 12_000, 60_000)


def sizes(uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Bytes of an event for each uniform number: one in a hundred is a heartbeat of 0, the mean about 1 kB."""
    return np.interp(uniform, _SIZE_QUANTILES, _SIZES_BYTES).astype(np.int64)
