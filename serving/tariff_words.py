"""A tariff's version in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from metering.domain.billing.prices import Flat, Graduated, Package, PerUnit, Tier, Volume
from metering.domain.billing.rounding import Mode, Place
from metering.domain.billing.tariffs import ALL, TariffVersion
from metering.domain.told import number_text

SUBJECT_WORDS = {
    "user_bytes": "bytes of a user", "app_bytes": "bytes of an app", "antenna_bytes": "bytes through an antenna",
    "machine_percent_hours": "percent-hours of a machine", "company_costs": "costs of a company"}
_UNITS = {"machine_percent_hours": "percent-hours"}
_MODE_WORDS = {
    Mode.HALF_EVEN: "halves to the even digit", Mode.HALF_UP: "halves away from zero",
    Mode.DOWN: "towards zero", Mode.UP: "away from zero"}


def subject_words(version: TariffVersion) -> str:
    """What is priced."""
    part = {"cpu": "processor ", "memory": "memory "}.get(version.of, "")
    return part + SUBJECT_WORDS[version.subject]


def customer_words(version: TariffVersion) -> str:
    """For whom."""
    return "everyone" if version.customers == ALL else ", ".join(version.customers)


def price_words(version: TariffVersion) -> list[str]:
    """How, a sentence a step."""
    match version.price:
        case PerUnit(price):
            return [f"{_money(version, price)} for {_unit(version)}"]
        case Flat(fee):
            return [f"{_money(version, fee)} for each {version.period} with any use"]
        case Package(fee, allowance, price):
            return [f"{_money(version, fee)} for each {version.period} with any use hold {_count(version, allowance)}",
                    f"beyond them {_money(version, price)} for {_unit(version)}"]
        case Graduated(tiers):
            return [f"a {version.period} at a time, each unit by the tier it lies in; a unit is {_one(version)}",
                    *_tiers(version, tiers)]
        case Volume(tiers):
            return [f"a {version.period} at a time, all units by the tier that the total reaches; a unit is "
                    f"{_one(version)}", *_tiers(version, tiers)]


def rounding_words(version: TariffVersion) -> str:
    """Where and how it is rounded."""
    rule = version.rounding
    what = "a line is rounded once" if rule.at is Place.LINE else "each hour is rounded, a line is their sum"
    return f"{what}: to {rule.decimals} decimals, {_MODE_WORDS[rule.mode]}"


def _tiers(version: TariffVersion, tiers: Sequence[Tier]) -> Iterator[str]:
    begins = Decimal(0)
    for tier in tiers:
        above = f"above {_text(begins)}" if begins else ""
        up_to = f"up to {_text(tier.up_to)}" if tier.up_to is not None else ""
        where = " ".join(filter(None, (above, up_to))) or "all"
        once = f", and {_money(version, tier.fee)} once" if tier.fee else ""
        yield f"{where}: {_money(version, tier.price)} a unit{once}"
        begins = tier.up_to or begins


def _money(version: TariffVersion, amount: Decimal) -> str:
    return f"{_text(amount)} {version.currency}"


def _unit(version: TariffVersion) -> str:
    return f"each {_one(version)}"


def _one(version: TariffVersion) -> str:
    return _count(version, Decimal(1))


def _count(version: TariffVersion, units: Decimal) -> str:
    """So many priced units, in the subject's own."""
    unit = version.currency if version.subject == "company_costs" else _UNITS.get(version.subject, "B")
    return f"{_text(units * version.unit)} {unit}"


def _text(number: Decimal) -> str:
    whole, point, decimals = number_text(number).partition(".")
    return f"{int(whole):,}{point}{decimals}"
