"""Where and how money is rounded: part of a tariff, from exact fractions to decimals once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

EXACT_DECIMALS = 12
"""Digits after the point that hours keep where only their line is rounded."""


class Mode(Enum):
    """How a number between two neighbours is rounded; the value is the tariff file's word."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    """A half goes away from 0."""
    DOWN = "down"
    """Towards 0."""
    UP = "up"
    """Away from 0."""


class Place(Enum):
    """What is rounded; the value is the tariff file's word."""

    LINE = "line"
    HOUR = "hour"


@dataclass(frozen=True)
class Rounding:
    """A tariff's rule. `decimals`: digits after the point."""

    decimals: int = 2
    mode: Mode = Mode.HALF_EVEN
    at: Place = Place.LINE

    def of(self, amount: Fraction) -> Decimal:
        return rounded(amount, self.decimals, self.mode)


def rounded(amount: Fraction, decimals: int, mode: Mode = Mode.HALF_EVEN) -> Decimal:
    """`amount` with so many digits after the point; a negative one is rounded as its opposite.

    >>> rounded(Fraction(1, 3), 2), rounded(Fraction("0.125"), 2), rounded(Fraction("-0.125"), 2, Mode.HALF_UP)
    (Decimal('0.33'), Decimal('0.12'), Decimal('-0.13'))
    """
    return in_steps(whole_steps(amount.numerator * 10**decimals, amount.denominator, mode), decimals)


def whole_steps(amount: int, parts: int, mode: Mode) -> int:
    """`amount` / `parts` as a whole number."""
    steps, rest = divmod(abs(amount), parts)
    if _goes_up(mode, steps, rest, parts):
        steps += 1
    return -steps if amount < 0 else steps


def _goes_up(mode: Mode, steps: int, rest: int, parts: int) -> bool:
    """Whether a number between `steps` and the next one away from 0 becomes that one."""
    if mode is Mode.HALF_EVEN:
        return 2 * rest > parts or (2 * rest == parts and steps % 2 == 1)
    if mode is Mode.HALF_UP:
        return 2 * rest >= parts
    return mode is Mode.UP and rest > 0


def in_steps(steps: int, decimals: int) -> Decimal:
    """So many times 10^-decimals, with every digit."""
    return Decimal(f"{steps}e-{decimals}")
