"""A price as a function of a quantity: straight pieces, exact; and the same over whole numbers, which is quick."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from math import floor, lcm

QUANTITY_DECIMALS = 12
"""Digits after the point that a quantity has at most."""

_EXACT = Context(prec=1000, traps=[Inexact, InvalidOperation])
_NOTHING = Fraction(0)


@dataclass(frozen=True)
class Piece:
    """Quantities above `above` (not itself) cost `slope` × quantity + `base`."""

    above: Fraction
    slope: Fraction
    base: Fraction = _NOTHING


@dataclass(frozen=True)
class Curve:
    """What quantities cost. `first`: the price of one where none of the pieces, which rise, is reached.

    >>> curve = Curve(Fraction(2), (Piece(Fraction(10), Fraction(1), Fraction(10)),))
    >>> [int(curve.at(Fraction(quantity))) for quantity in (-1, 0, 10, 11)]
    [-2, 0, 20, 21]
    """

    first: Fraction
    pieces: Sequence[Piece] = ()

    def at(self, quantity: Fraction) -> Fraction:
        reached = [piece for piece in self.pieces if quantity > piece.above]
        return quantity * reached[-1].slope + reached[-1].base if reached else quantity * self.first

    def whole(self, unit: Decimal) -> WholeCurve:
        """The same over whole numbers: of quantities of which `unit` is one."""
        scale = Fraction(unit) * 10**QUANTITY_DECIMALS
        slopes = [self.first / scale, *(piece.slope / scale for piece in self.pieces)]
        bases = [_NOTHING, *(piece.base for piece in self.pieces)]
        parts = lcm(*(one.denominator for one in (*slopes, *bases)))
        return WholeCurve(
            [floor(piece.above * scale) for piece in self.pieces],
            [int(slope * parts) for slope in slopes], [int(base * parts) for base in bases], parts)


@dataclass(frozen=True)
class WholeCurve:
    """Of a quantity × 10^12 the price × `parts`."""

    bounds: Sequence[int]
    slopes: Sequence[int]
    bases: Sequence[int]
    parts: int

    def at(self, quantity: int) -> int:
        # A whole number is above a bound if it is above the bound's whole part.
        piece = bisect_left(self.bounds, quantity)
        return quantity * self.slopes[piece] + self.bases[piece]


def whole_quantity(quantity: Decimal) -> int:
    """A quantity × 10^12. Raises ValueError for one with more decimals.

    >>> whole_quantity(Decimal("-1.5"))
    -1500000000000
    """
    scaled = _EXACT.scaleb(quantity, QUANTITY_DECIMALS)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{quantity}: want at most {QUANTITY_DECIMALS} decimals")
    return whole
