"""What a person types for a rule or a budget, read; all faults at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict

from metering.domain.alerts import HIGHEST_PERCENT, LOWEST_PERCENT, Rule, RuleKind
from metering.domain.stream import IDENTIFIER
from serving.ranges import ParameterFault

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
_WANT_ID = "1–64 of A-Z a-z 0-9 . _ : -"


class FaultyForm(Exception):
    """Every fault of a form."""

    def __init__(self, faults: Sequence[ParameterFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, faults)))


@dataclass(frozen=True)
class Budget:
    """A customer's budget a month."""

    customer: str
    currency: str
    amount: Decimal


def read_rule(typed: QueryDict) -> Rule:
    """`kind`, `percent` and `subject` (empty: everyone). Raises FaultyForm."""
    kind, percent, subject = (typed.get(name, "").strip() for name in ("kind", "percent", "subject"))
    faults = []
    if kind not in [one.value for one in RuleKind]:
        faults.append(ParameterFault("kind", kind, "quota or budget"))
    if not (percent.isascii() and percent.isdigit() and LOWEST_PERCENT <= int(percent[:5]) <= HIGHEST_PERCENT):
        faults.append(ParameterFault("percent", percent, f"a whole number {LOWEST_PERCENT} … {HIGHEST_PERCENT}"))
    if subject and not IDENTIFIER.fullmatch(subject):
        faults.append(ParameterFault("subject", subject, f"{_WANT_ID}, or nothing for everyone"))
    if faults:
        raise FaultyForm(faults)
    return Rule(RuleKind(kind), int(percent), subject or None)


def read_budget(typed: QueryDict) -> Budget:
    """`customer`, `currency` and `amount`, a decimal. Raises FaultyForm."""
    customer, currency, amount = (typed.get(name, "").strip() for name in ("customer", "currency", "amount"))
    faults = [
        ParameterFault(name, found, _WANT_ID)
        for name, found in (("customer", customer), ("currency", currency)) if not IDENTIFIER.fullmatch(found)]
    if not _AMOUNT.fullmatch(amount) or not Decimal(amount):
        faults.append(ParameterFault("amount", amount, "more than 0, at most 15 digits and 6 decimals, such as 250.00"))
    if faults:
        raise FaultyForm(faults)
    return Budget(customer, currency, Decimal(amount))
