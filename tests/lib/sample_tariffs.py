"""Tariff versions for tests: drawn by Hypothesis, and one short spec a price model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from metering.domain.billing.prices import Flat, Graduated, Package, PerUnit, Tier, Volume
from metering.domain.billing.rounding import Mode, Place, Rounding
from metering.domain.billing.tariffs import TariffVersion

SINCE = datetime(2026, 1, 1, tzinfo=UTC)

_numbers = st.decimals(0, 1000, places=4)
_roundings = st.builds(Rounding, st.integers(0, 4), st.sampled_from(Mode), st.sampled_from(Place))


@st.composite
def tiers_of(draw: st.DrawFn, *, fees: bool) -> tuple[Tier, ...]:
    """One to four tiers, ending at ever larger quantities."""
    ends = sorted(draw(st.sets(st.integers(1, 10**5), max_size=3)))
    each = [*map(Decimal, ends), None]
    return tuple(Tier(end, draw(_numbers), draw(_numbers) if fees else Decimal(0)) for end in each)


prices = st.one_of(
    st.builds(PerUnit, _numbers), st.builds(Flat, _numbers), st.builds(Graduated, tiers_of(fees=True)),
    st.builds(Volume, tiers_of(fees=True)), st.builds(Package, _numbers, _numbers, _numbers))

versions = st.builds(
    TariffVersion, name=st.just("drawn"), valid_from=st.just(SINCE), subject=st.just("user_bytes"),
    currency=st.just("EUR"), price=prices, unit=st.sampled_from([Decimal(1), Decimal("0.25"), Decimal(1000)]),
    rounding=_roundings)

PRICES: Mapping[str, Mapping[str, Any]] = {
    "per_unit": {"model": "per_unit", "price": "0.05"},
    "flat": {"model": "flat", "fee": "9.99"},
    "graduated": {"model": "graduated", "tiers": [
        {"up_to": "10", "price": "0.05"}, {"up_to": "100", "price": "0.03", "fee": "1"}, {"price": "0.02"}]},
    "volume": {"model": "volume", "tiers": [{"up_to": "10", "price": "0.05"}, {"price": "0.03", "fee": "0.5"}]},
    "package": {"model": "package", "fee": "5", "allowance": "20", "price": "0.10"},
}


def spec(name: str, model: str = "per_unit", **changes: Any) -> dict[str, Any]:
    """A version as a mapping, from midnight of SINCE."""
    return {
        "name": name, "valid_from": "2026-01-01T00:00:00Z", "subject": "user_bytes", "currency": "EUR",
        "price": PRICES[model]} | changes  # fmt: skip
