"""A candidate tariff over a past range, against what is in force there: who would pay more, who less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from metering.domain.billing.invoice import NOTHING, exact_difference, exact_sum
from metering.domain.billing.periods import cut
from metering.domain.billing.rating import price_of_hours, price_of_total
from metering.domain.billing.rounding import Place
from metering.domain.billing.tariffs import TariffVersion
from metering.store.tariffs import InForce
from serving.queries import what_if
from serving.queries.what_if import HoursKnown, Span
from serving.ranges import ParameterFault

HOUR = timedelta(hours=1)

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True)
class CustomerChange:
    """What a customer pays in the range by what is in force, and would by the candidate."""

    customer: str
    old: Decimal
    new: Decimal

    @property
    def difference(self) -> Decimal:
        return exact_difference(self.new, self.old)


@dataclass(frozen=True)
class Comparison:
    """The changes, the largest first, over the hours of `span`. `replaced`: names of the tariffs compared with."""

    candidate: TariffVersion
    replaced: Sequence[str]
    span: Span
    known: HoursKnown
    changes: Sequence[CustomerChange]

    @property
    def old(self) -> Decimal:
        return exact_sum(one.old for one in self.changes)

    @property
    def new(self) -> Decimal:
        return exact_sum(one.new for one in self.changes)

    @property
    def difference(self) -> Decimal:
        return exact_difference(self.new, self.old)

    @property
    def winners(self) -> int:
        """Who would pay less."""
        return sum(one.difference < 0 for one in self.changes)

    @property
    def losers(self) -> int:
        return sum(one.difference > 0 for one in self.changes)

    @property
    def unchanged(self) -> int:
        return len(self.changes) - self.winners - self.losers


def compare(candidate: TariffVersion, known: Sequence[InForce], span: Span) -> Comparison:
    """Price every published hour of the span (cut to full hours) twice. Asked within one snapshot.

    The candidate counts as if it held over all of the span; its valid_from plays no part. Both sides see the same
    hours: tiers, allowances and fees begin with the span, and again with each period in it. Raises ParameterFault.
    """
    span = _full_hours(span)
    replaced = in_its_place(candidate, known)
    old: dict[str, list[Decimal]] = defaultdict(list)
    for one in replaced:
        held = max(span[0], one.version.valid_from), min(span[1], one.until)
        for customer, amount in amounts(one.version, held).items():
            old[customer].append(amount)
    before = {customer: exact_sum(parts) for customer, parts in old.items()}
    changes = _changes(before, amounts(candidate, span))
    names = tuple(dict.fromkeys(one.version.name for one in replaced))
    return Comparison(candidate, names, span, what_if.hours_known(candidate, span), changes)


def in_its_place(candidate: TariffVersion, known: Iterable[InForce]) -> list[InForce]:
    """The versions that the candidate would replace: those of its name, else all of its subject and currency.

    Raises ParameterFault where its name stands for another currency, as a difference would have none.
    """
    versions = list(known)
    named = [one for one in versions if one.version.name == candidate.name]
    others = sorted({one.version.currency for one in named} - {candidate.currency})
    if others:
        raise ParameterFault(
            "candidate", f"currency {candidate.currency}", f"{others[0]}, in which {candidate.name} is priced")
    return named or [
        one for one in versions
        if (one.version.subject, one.version.of, one.version.currency)
        == (candidate.subject, candidate.of, candidate.currency)]


def amounts(version: TariffVersion, span: Span) -> Amounts:
    """What each customer pays in the span; hour by hour only where hours are rounded."""
    spans = cut(*span, version.period)
    if not spans:
        return {}
    paid: dict[str, list[Decimal]] = defaultdict(list)
    if version.rounding.at is Place.LINE:
        for total in what_if.totals(version, spans):
            paid[total.customer].append(price_of_total(version, total.quantity))
    else:
        for one in what_if.hours(version, spans):
            paid[one.customer].append(price_of_hours(version, one.quantities))
    return {customer: exact_sum(parts) for customer, parts in paid.items()}


def _full_hours(span: Span) -> Span:
    """The hours that lie in the span as a whole."""
    start, end = span
    first = start.replace(minute=0, second=0, microsecond=0)
    first = first if first == start else first + HOUR
    return first, max(first, end.replace(minute=0, second=0, microsecond=0))


def _changes(old: Amounts, new: Amounts) -> list[CustomerChange]:
    found = [
        CustomerChange(customer, old.get(customer, NOTHING), new.get(customer, NOTHING))
        for customer in old.keys() | new.keys()]
    return sorted(found, key=lambda one: (-abs(one.difference), -one.new, one.customer))
