"""A tariff's version as the TOML text that is read back as the same version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from metering.domain.billing.tariffs import TariffVersion

_BARE = ("valid_from",)
"""Times stand without quotes."""


def written(version: TariffVersion) -> str:
    """The text of one [[version]].

    >>> from metering.domain.billing.tariffs import version_of
    >>> print(written(version_of({
    ...     "name": "a", "valid_from": "2026-01-01T00:00:00Z", "subject": "user_bytes", "currency": "EUR",
    ...     "price": {"model": "flat", "fee": "9.90"}})).split("[version.rounding]")[0].strip())
    [[version]]
    name = "a"
    valid_from = 2026-01-01T00:00:00Z
    subject = "user_bytes"
    customers = ["*"]
    currency = "EUR"
    period = "month"
    unit = "1"
    [version.price]
    model = "flat"
    fee = "9.9"
    """
    spec = version.spec
    tables = {name: spec[name] for name in ("price", "rounding")}
    return "".join((
        "[[version]]\n", _lines({name: value for name, value in spec.items() if name not in tables}),
        *(f"[version.{name}]\n{_lines(table)}" for name, table in tables.items())))


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {value if name in _BARE else _value(value)}\n" for name, value in table.items())


def _value(value: Any) -> str:
    """Specs hold identifiers, numbers as text and whole numbers only: JSON spells them as TOML does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)
