"""Price models against plain formulas, at their edges, and by law."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.billing.prices import Flat, Graduated, Package, PerUnit, Price, Tier, Volume
from tests.lib.sample_tariffs import prices, tiers_of

D = Decimal
TIERS = (Tier(D(10), D("0.05")), Tier(D(100), D("0.03"), D(1)), Tier(None, D("0.02"), D(5)))
quantities = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4)


@pytest.mark.parametrize(
    ("model", "of"),
    [
        (PerUnit(D("0.05")), {"-2": "-0.10", "0": "0", "3.5": "0.175"}),
        (Flat(D(7)), {"-2": "0", "0": "0", "1000": "0"}),
        (Graduated(TIERS), {"-2": "-0.10", "0": "0", "10": "0.5", "10.01": "1.5003", "100": "4.2", "101": "9.22"}),
        (Volume(TIERS), {"-2": "-0.10", "0": "0", "10": "0.5", "11": "1.33", "100": "4.0", "101": "7.02"}),
        (Package(D(9), D(20), D("0.5")), {"-2": "0", "0": "0", "20": "0", "21": "0.5", "30": "5"}),
    ])
def test_a_model_prices_a_quantity(model: Price, of: dict[str, str]) -> None:
    assert {text: model.of(Fraction(text)) for text in of} == {text: Fraction(price) for text, price in of.items()}


def test_only_flat_and_package_have_a_fixed_part() -> None:
    models = (PerUnit(D(1)), Flat(D(7)), Graduated(TIERS), Volume(TIERS), Package(D(9), D(20), D(1)))

    assert [model.fixed for model in models] == [0, 7, 0, 0, 9]


@given(prices, quantities)
def test_whole_numbers_price_as_fractions_do(model: Price, quantity: Fraction) -> None:
    unit = D("2.5")
    curve = model.curve.whole(unit)
    counted = round(quantity * 10**12)

    price = Fraction(curve.at(counted), curve.parts)

    assert price == model.of(Fraction(counted, 10**12) / Fraction(unit))


@given(tiers_of(fees=False), quantities, quantities)
def test_graduated_without_fees_is_continuous_and_never_falls(
    tiers: tuple[Tier, ...], one: Fraction, other: Fraction
) -> None:
    model = Graduated(tiers)
    lower, upper = sorted((one, other))

    steepest = max(Fraction(tier.price) for tier in tiers)
    assert 0 <= model.of(upper) - model.of(lower) <= steepest * (upper - lower)


@given(tiers_of(fees=True), st.integers(0, 3))
def test_a_tiers_fee_is_all_that_graduated_jumps_by(tiers: tuple[Tier, ...], chosen: int) -> None:
    ends = [Fraction(0), *(Fraction(tier.up_to) for tier in tiers if tier.up_to is not None)]
    place = chosen % len(ends)
    a_little = Fraction(1, 10**30)

    jump = Graduated(tiers).of(ends[place] + a_little) - Graduated(tiers).of(ends[place])

    assert jump == Fraction(tiers[place].fee) + a_little * Fraction(tiers[place].price)


@given(st.decimals(0, 1000, places=6), quantities, quantities)
def test_per_unit_is_linear(price: Decimal, one: Fraction, other: Fraction) -> None:
    model = PerUnit(price)

    assert model.of(one) + model.of(other) == model.of(one + other)


@given(tiers_of(fees=True), st.fractions(min_value=Fraction(1, 100), max_value=10**6))
def test_volume_prices_all_by_the_tier_reached(tiers: tuple[Tier, ...], quantity: Fraction) -> None:
    reached = next(tier for tier in tiers if tier.up_to is None or quantity <= tier.up_to)

    assert Volume(tiers).of(quantity) == quantity * Fraction(reached.price) + Fraction(reached.fee)


@given(st.decimals(0, 1000, places=3), quantities)
def test_a_package_charges_nothing_up_to_its_allowance(allowance: Decimal, quantity: Fraction) -> None:
    price = Package(D(5), allowance, D(2)).of(quantity)

    assert price == max(Fraction(0), 2 * (quantity - Fraction(allowance)))
