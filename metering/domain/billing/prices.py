"""Price models: from a period's quantity, in priced units, to an amount; exact fractions throughout.

A quantity below 0 (more credits than costs) is priced as the first units are, without any fee; a package gives nothing
back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from metering.domain.billing.curve import Curve, Piece

ZERO = Decimal(0)
_NOTHING = Fraction(0)


class _Model:
    """`fixed` is due once a period with any use; `of(quantity)` is what the quantity adds to it: of 0, nothing."""

    @property
    def fixed(self) -> Decimal:
        return ZERO

    @property
    def curve(self) -> Curve:
        raise NotImplementedError

    def of(self, quantity: Fraction) -> Fraction:
        return self.curve.at(quantity)


@dataclass(frozen=True)
class Tier:
    """Units up to and including `up_to` (None: without end), and what entering the tier costs once."""

    up_to: Decimal | None
    price: Decimal
    fee: Decimal = ZERO


def _lower_ends(tiers: Sequence[Tier]) -> list[Fraction]:
    return [_NOTHING, *(Fraction(tier.up_to) for tier in tiers if tier.up_to is not None)]


@dataclass(frozen=True)
class PerUnit(_Model):
    """The same price for every unit."""

    price: Decimal

    @property
    def curve(self) -> Curve:
        return Curve(Fraction(self.price))


@dataclass(frozen=True)
class Flat(_Model):
    """A fee for a period with any use, whatever its quantity."""

    fee: Decimal

    @property
    def fixed(self) -> Decimal:
        return self.fee

    @property
    def curve(self) -> Curve:
        return Curve(_NOTHING)


@dataclass(frozen=True)
class Graduated(_Model):
    """Each unit at the price of the tier it lies in; a tier's fee is due with its first unit.

    >>> tiers = (Tier(Decimal(10), Decimal("0.05")), Tier(None, Decimal("0.03")))
    >>> Graduated(tiers).of(Fraction(12)), Volume(tiers).of(Fraction(12))
    (Fraction(14, 25), Fraction(9, 25))
    """

    tiers: Sequence[Tier]

    @property
    def curve(self) -> Curve:
        pieces: list[Piece] = []
        before = Curve(Fraction(self.tiers[0].price))
        for begins, tier in zip(_lower_ends(self.tiers), self.tiers, strict=True):
            price = Fraction(tier.price)
            pieces.append(Piece(begins, price, before.at(begins) - begins * price + Fraction(tier.fee)))
            before = Curve(before.first, tuple(pieces))
        return before


@dataclass(frozen=True)
class Volume(_Model):
    """All units at the price of the tier that the total reaches, and that tier's fee."""

    tiers: Sequence[Tier]

    @property
    def curve(self) -> Curve:
        return Curve(Fraction(self.tiers[0].price), tuple(
            Piece(begins, Fraction(tier.price), Fraction(tier.fee))
            for begins, tier in zip(_lower_ends(self.tiers), self.tiers, strict=True)))


@dataclass(frozen=True)
class Package(_Model):
    """A fee that holds `allowance` units; each unit beyond them at `price`."""

    fee: Decimal
    allowance: Decimal
    price: Decimal

    @property
    def fixed(self) -> Decimal:
        return self.fee

    @property
    def curve(self) -> Curve:
        allowance, price = Fraction(self.allowance), Fraction(self.price)
        return Curve(_NOTHING, (Piece(allowance, price, -allowance * price),))


Price = PerUnit | Flat | Graduated | Volume | Package
