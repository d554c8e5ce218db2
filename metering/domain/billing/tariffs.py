"""A tariff's version: what is priced, for whom, how; from a mapping with every fault at once, and as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from metering.domain.billing.prices import Flat, Graduated, Package, PerUnit, Price, Tier, Volume
from metering.domain.billing.rounding import Mode, Place, Rounding
from metering.domain.errors import BadSettings
from metering.domain.told import Told, number_text, told_versions

SUBJECTS = ("user_bytes", "app_bytes", "antenna_bytes", "machine_percent_hours", "company_costs")
PERIODS = ("month", "day")
PARTS = ("cpu", "memory")
"""Of a machine's use."""

ALL = ("*",)


@dataclass(frozen=True)
class TariffVersion:
    """One version, told by (name, valid_from): it holds from `valid_from`, UTC, inclusive, until the name's next one.

    `of`: the part of `machine_percent_hours`, else empty. `customers`: ids of the subject, or ALL. `unit`: so many of
    the subject's units are one priced unit.
    """

    name: str
    valid_from: datetime
    subject: str
    currency: str
    price: Price
    of: str = ""
    customers: tuple[str, ...] = ALL
    period: str = "month"
    unit: Decimal = Decimal(1)
    rounding: Rounding = field(default_factory=Rounding)

    def covers(self, customer: str) -> bool:
        return self.customers == ALL or customer in self.customers

    @property
    def spec(self) -> dict[str, Any]:
        """The version as a mapping that `version_of` reads back: times and numbers as text."""
        spec: dict[str, Any] = {
            "name": self.name, "valid_from": f"{self.valid_from:%Y-%m-%dT%H:%M:%SZ}", "subject": self.subject,
            "customers": list(self.customers), "currency": self.currency, "period": self.period,
            "unit": number_text(self.unit), "price": _price_spec(self.price),
            "rounding": {"decimals": self.rounding.decimals, "mode": self.rounding.mode.value,
                         "at": self.rounding.at.value}}  # fmt: skip
        return spec | {"of": self.of} if self.of else spec

    @property
    def canonical(self) -> str:
        """The same version is the same text: JSON, keys in order, no blanks."""
        return json.dumps(self.spec, sort_keys=True, separators=(",", ":"))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def version_of(found: Mapping[str, Any]) -> TariffVersion:
    """The version that a mapping tells, as TOML or JSON has it. Raises BadSettings with every fault."""
    told = Told(found, _NAMES)
    version = _version(told)
    if version is None:
        raise BadSettings(told.faults)
    return version


def read_versions(text: str, path: str) -> list[TariffVersion]:
    """The versions of a TOML text. Raises BadSettings with every fault, each beginning with `path`."""
    faults: list[str] = []
    try:
        versions = [_version(told) for told in told_versions(text, _NAMES, faults)]
    except BadSettings as error:
        faults, versions = list(error.faults), []
    keys = Counter((one.name, one.valid_from) for one in versions if one)
    faults += [f"{name} from {since:%Y-%m-%dT%H:%MZ} stands {times} times: want it once"
               for (name, since), times in keys.items() if times > 1]
    if faults:
        raise BadSettings([f"{path}: {fault}" for fault in faults])
    return [one for one in versions if one]


def _version(told: Told) -> TariffVersion | None:
    """The version, or None where any part of it is faulty."""
    before = len(told.faults)
    parts = {
        "name": told.identifier("name"), "valid_from": told.full_hour("valid_from"),
        "subject": told.one_of("subject", SUBJECTS), "of": "", "customers": _customers(told),
        "currency": told.currency("currency"), "period": told.one_of("period", PERIODS, PERIODS[0]),
        "unit": told.number("unit", "1", above_0=True), "price": _price(told.inner("price", _PRICE_NAMES)),
        "rounding": _rounding(told.inner("rounding", ("decimals", "mode", "at"), optional=True))}  # fmt: skip
    if parts["subject"] == "machine_percent_hours":
        parts["of"] = told.one_of("of", PARTS)
    elif "of" in told.found:
        told.fault("of", "nothing, but for machine_percent_hours")
    return TariffVersion(**parts) if len(told.faults) == before else None


_NAMES = ("name", "valid_from", "subject", "of", "customers", "currency", "period", "unit", "price", "rounding")
_PRICE_NAMES = ("model", "price", "fee", "allowance", "tiers")
_OF_MODEL = {
    "per_unit": ("price",), "flat": ("fee",), "graduated": ("tiers",), "volume": ("tiers",),
    "package": ("fee", "allowance", "price")}  # fmt: skip
MODELS = tuple(_OF_MODEL)


def _customers(told: Told) -> tuple[str, ...]:
    found = told.found.get("customers", list(ALL))
    if found == list(ALL):
        return ALL
    return told.identifiers("customers")


def _price(told: Told) -> Price | None:
    model = told.one_of("model", MODELS)
    if model is None:
        return None
    for name in told.found:
        if name != "model" and name in _PRICE_NAMES and name not in _OF_MODEL[model]:
            told.fault(name, f"nothing, but for another model than {model}")
    if model in ("graduated", "volume"):
        tiers = _tiers(told)
        return Graduated(tiers) if model == "graduated" else Volume(tiers)
    numbers = {name: told.number(name) for name in _OF_MODEL[model]}
    return {"per_unit": PerUnit, "flat": Flat, "package": Package}[model](**numbers)


def _tiers(told: Told) -> tuple[Tier, ...]:
    """At least one; each but the last ends, later than the one before it."""
    tables = told.tables("tiers", ("up_to", "price", "fee"))
    tiers, begins = [], Decimal(0)
    for number, table in enumerate(tables, 1):
        last = number == len(tables)
        if last and "up_to" in table.found:
            table.fault("up_to", "nothing in the last tier")
        ends = None if last else table.number("up_to", above_0=True)
        if ends is not None and ends <= begins:
            table.fault("up_to", f"more than {begins}, where the tier begins")
        begins = begins if ends is None else ends
        tiers.append(Tier(ends, table.number("price"), table.number("fee", "0")))
    return tuple(tiers)


def _rounding(told: Told) -> Rounding:
    default = Rounding()
    mode = told.one_of("mode", [one.value for one in Mode], default.mode.value)
    place = told.one_of("at", [one.value for one in Place], default.at.value)
    return Rounding(
        told.whole("decimals", default.decimals, most=9), Mode(mode or default.mode), Place(place or default.at))


def _price_spec(price: Price) -> dict[str, Any]:
    match price:
        case PerUnit():
            return {"model": "per_unit", "price": number_text(price.price)}
        case Flat():
            return {"model": "flat", "fee": number_text(price.fee)}
        case Package():
            return {"model": "package", "fee": number_text(price.fee), "allowance": number_text(price.allowance),
                    "price": number_text(price.price)}
        case Graduated() | Volume():
            model = "graduated" if isinstance(price, Graduated) else "volume"
            return {"model": model, "tiers": [_tier_spec(tier) for tier in price.tiers]}


def _tier_spec(tier: Tier) -> dict[str, str]:
    ends = {} if tier.up_to is None else {"up_to": number_text(tier.up_to)}
    return ends | {"price": number_text(tier.price), "fee": number_text(tier.fee)}
