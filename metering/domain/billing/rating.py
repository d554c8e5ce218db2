"""Rating: what each hour of a period adds to its price. The reference, and the only code that prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from metering.domain.billing.curve import WholeCurve, whole_quantity
from metering.domain.billing.invoice import exact_difference, exact_sum
from metering.domain.billing.rounding import EXACT_DECIMALS, Mode, Place, in_steps, whole_steps
from metering.domain.billing.tariffs import TariffVersion


@dataclass(frozen=True)
class Rated:
    """A line: `amount` = `fixed` + the hours' amounts + `rounding`, to the last digit."""

    hours: Mapping[datetime, Decimal]
    quantity: Decimal
    fixed: Decimal
    rounding: Decimal
    amount: Decimal


def rate(version: TariffVersion, quantities: Mapping[datetime, Decimal]) -> Rated:
    """Price a customer's hours of one period by one version; `quantities` by hour, in any order, at least one.

    An hour's amount is the price of all so far with it, less the price of all so far without it: it telescopes to the
    price of the total for every model. Rounded at the line, hours keep 12 decimals of that running price.
    Raises ValueError for a quantity with more than 12 decimals.
    """
    curve = version.price.curve.whole(version.unit)
    hours = sorted(quantities)
    prices = _running_prices(curve, (quantities[hour] for hour in hours))
    at_line = version.rounding.at is Place.LINE
    steps = _parts_of_line(prices, curve) if at_line else _rounded_hours(version, prices, curve)
    decimals = EXACT_DECIMALS if at_line else version.rounding.decimals
    amounts = {hour: in_steps(step, decimals) for hour, step in zip(hours, steps, strict=True)}
    fixed = _fixed(version)
    exact = exact_sum((fixed, in_steps(sum(steps), decimals)))
    amount = _line(version, Fraction(prices[-1], curve.parts)) if at_line else exact
    return Rated(amounts, exact_sum(quantities.values()), fixed, exact_difference(amount, exact), amount)


def price_of_hours(version: TariffVersion, quantities: Iterable[Decimal]) -> Decimal:
    """A line's amount by its quantities in the order of time: what `rate` gives, without the hours."""
    curve = version.price.curve.whole(version.unit)
    prices = _running_prices(curve, quantities)
    if version.rounding.at is Place.LINE:
        return _line(version, Fraction(prices[-1], curve.parts))
    steps = sum(_rounded_hours(version, prices, curve))
    return exact_sum((_fixed(version), in_steps(steps, version.rounding.decimals)))


def price_of_total(version: TariffVersion, quantity: Decimal) -> Decimal:
    """A line's amount by its quantity alone: what `rate` gives, where the version rounds at the line."""
    return _line(version, version.price.of(Fraction(quantity) / Fraction(version.unit)))


def _line(version: TariffVersion, price: Fraction) -> Decimal:
    return version.rounding.of(price + Fraction(version.price.fixed))


def _running_prices(curve: WholeCurve, quantities: Iterable[Decimal]) -> list[int]:
    """The price of nothing, then that of all up to and including each quantity."""
    return [0, *map(curve.at, accumulate(map(whole_quantity, quantities)))]


def _fixed(version: TariffVersion) -> Decimal:
    """The fixed part; where hours are rounded it is too, as the line is not."""
    fixed = version.price.fixed
    return fixed if version.rounding.at is Place.LINE else version.rounding.of(Fraction(fixed))


def _parts_of_line(prices: Iterable[int], curve: WholeCurve) -> list[int]:
    """Differences of the running price, which is cut to 12 decimals: they add up to the last of it."""
    running = [whole_steps(price * 10**EXACT_DECIMALS, curve.parts, Mode.HALF_EVEN) for price in prices]
    return [now - before for before, now in pairwise(running)]


def _rounded_hours(version: TariffVersion, prices: Iterable[int], curve: WholeCurve) -> list[int]:
    """Each hour rounded by the tariff's rule for itself."""
    rule = version.rounding
    return [whole_steps((now - before) * 10**rule.decimals, curve.parts, rule.mode)
            for before, now in pairwise(prices)]
