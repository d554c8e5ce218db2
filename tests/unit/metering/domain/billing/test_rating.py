"""Rating: hours add up to the price of the whole, whatever the model, the unit and the rounding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.billing.rating import price_of_hours, price_of_total, rate
from metering.domain.billing.rounding import Mode, Place, rounded
from metering.domain.billing.tariffs import TariffVersion, version_of
from tests.lib.sample_tariffs import SINCE, spec, versions

HOUR = timedelta(hours=1)
a_quantity = st.decimals(-(10**6), 10**6, places=6)
quantities = st.dictionaries(st.integers(0, 743).map(lambda hour: SINCE + hour * HOUR), a_quantity, min_size=1)


def hours(*texts: str) -> dict[datetime, Decimal]:
    return {SINCE + number * HOUR: Decimal(text) for number, text in enumerate(texts)}


def line(version: Mapping[str, object], *texts: str) -> tuple[list[str], str, str, str]:
    """Amounts of the hours, the fixed part, the rounding and the amount."""
    rated = rate(version_of(version), hours(*texts))
    return [f"{rated.hours[hour]:f}" for hour in sorted(rated.hours)], *map(str, (
        rated.fixed, rated.rounding.normalize(), rated.amount))


def test_an_hour_is_priced_by_all_so_far() -> None:
    amounts, fixed, rounding, amount = line(spec("tiers", "graduated"), "8", "4", "0", "1")

    assert amounts == ["0.400000000000", "1.160000000000", "0.000000000000", "0.030000000000"]
    assert (fixed, rounding, amount) == ("0", "0", "1.59")


def test_reaching_a_volume_tier_prices_what_was_before_anew() -> None:
    amounts, *_, amount = line(spec("tiers", "volume"), "10", "1", "9")

    assert [Decimal(text) for text in amounts] == [Decimal("0.5"), Decimal("0.33"), Decimal("0.27")]
    assert amount == "1.10"


def test_a_package_is_paid_once_and_what_lies_beyond_it_by_the_hour() -> None:
    amounts, fixed, _, amount = line(spec("package", "package"), "15", "15", "5")

    assert ([Decimal(text) for text in amounts], fixed, amount) == ([0, 1, Decimal("0.5")], "5", "6.50")


def test_a_flat_fee_is_due_with_any_use_even_of_nothing() -> None:
    assert line(spec("flat", "flat"), "0") == (["0.000000000000"], "9.99", "0", "9.99")


def test_credits_take_back_what_their_units_cost() -> None:
    amounts, *_, amount = line(spec("credit", "graduated", subject="company_costs"), "4", "-6", "12")

    assert [Decimal(text) for text in amounts] == [Decimal("0.2"), Decimal("-0.3"), Decimal("0.6")]
    assert amount == "0.50"


def test_a_third_is_kept_to_twelve_decimals_and_the_line_says_what_rounding_changed() -> None:
    third = spec("third", unit="3", price={"model": "per_unit", "price": "1"})

    assert line(third, "1", "1") == (["0.333333333333", "0.333333333334"], "0", "0.003333333333", "0.67")


def test_rounded_at_the_hour_the_line_is_the_sum_of_the_hours() -> None:
    rule = {"decimals": 2, "mode": "up", "at": "hour"}
    third = spec("third", unit="3", price={"model": "per_unit", "price": "1"}, rounding=rule)

    assert line(third, "1", "1") == (["0.34", "0.34"], "0.00", "0", "0.68")


def test_a_quantity_finer_than_twelve_decimals_is_an_error() -> None:
    with pytest.raises(ValueError, match="at most 12 decimals"):
        rate(version_of(spec("fine")), {SINCE: Decimal("1e-13")})


@given(versions, quantities)
def test_a_line_is_its_fixed_part_its_hours_and_what_rounding_changed(
    version: TariffVersion, used: dict[datetime, Decimal]
) -> None:
    rated = rate(version, used)

    parts = Fraction(rated.fixed) + sum(map(Fraction, rated.hours.values())) + Fraction(rated.rounding)
    assert parts == Fraction(rated.amount)
    assert rated.hours.keys() == used.keys()
    assert Fraction(rated.quantity) == sum(map(Fraction, used.values()))


@given(versions, quantities)
def test_hours_add_up_to_the_price_of_the_total(version: TariffVersion, used: dict[datetime, Decimal]) -> None:
    rated = rate(version, used)
    units = sum(map(Fraction, used.values())) / Fraction(version.unit)
    exact = version.price.of(Fraction(units))

    if version.rounding.at is Place.LINE:
        assert sum(map(Fraction, rated.hours.values())) == Fraction(rounded(exact, 12))
        assert rated.amount == version.rounding.of(exact + Fraction(version.price.fixed))
        assert rated.amount == price_of_total(version, rated.quantity)
        assert abs(rated.rounding) <= Decimal(1).scaleb(-version.rounding.decimals)
    else:
        step = Fraction(1, 10**version.rounding.decimals)
        off = Fraction(rated.amount) - exact - Fraction(version.price.fixed)
        assert abs(off) <= step * (len(used) + 1) and not rated.rounding


@given(versions, quantities)
def test_a_line_may_be_priced_without_its_hours(version: TariffVersion, used: dict[datetime, Decimal]) -> None:
    assert price_of_hours(version, [used[hour] for hour in sorted(used)]) == rate(version, used).amount


@given(versions, quantities)
def test_the_order_of_the_hours_does_not_matter(version: TariffVersion, used: dict[datetime, Decimal]) -> None:
    backwards = {hour: used[hour] for hour in sorted(used, reverse=True)}

    assert rate(version, used) == rate(version, backwards)


@pytest.mark.parametrize(
    ("amount", "by_mode"),
    [
        ("0.125", ("0.12", "0.13", "0.12", "0.13")), ("0.135", ("0.14", "0.14", "0.13", "0.14")),
        ("-0.125", ("-0.12", "-0.13", "-0.12", "-0.13")), ("0.121", ("0.12", "0.12", "0.12", "0.13")),
        ("-0.129", ("-0.13", "-0.13", "-0.12", "-0.13")), ("0.12", ("0.12",) * 4),
    ])
def test_a_mode_rounds_a_number_and_its_opposite_alike(amount: str, by_mode: tuple[str, ...]) -> None:
    modes = (Mode.HALF_EVEN, Mode.HALF_UP, Mode.DOWN, Mode.UP)

    assert tuple(str(rounded(Fraction(amount), 2, mode)) for mode in modes) == by_mode
