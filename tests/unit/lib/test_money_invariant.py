"""What the checker says of money that is not rate × batch view, to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.lib.money_evidence import Document, Line, LineKey, MoneyEvidence, Said, Version
from tests.lib.money_invariant import money

START, PERIOD, END = datetime(2026, 5, 1, tzinfo=UTC), date(2026, 5, 1), date(2026, 6, 1)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TIERS = [{"up_to": "10", "price": "0.05"}, {"price": "0.03"}]
SPEC: dict[str, Any] = {
    "subject": "company_costs", "currency": "EUR", "customers": ["*"], "period": "month", "unit": "1",
    "price": {"model": "graduated", "tiers": TIERS}, "rounding": {"decimals": 2, "mode": "half_even", "at": "line"}}
KEY: LineKey = ("share", SINCE, "acme", PERIOD)
HOURS = {START: Decimal("8.5"), START + timedelta(hours=1): Decimal("3.000001")}
"""11.500001 units: 10 at 0.05 and 1.500001 at 0.03 are 0.54500003, hence 0.55."""

AMOUNTS = (Decimal("0.425"), Decimal("0.12000003"))
LINE = Line(END, "EUR", "company_costs", Decimal("11.500001"), Decimal(0), Decimal("0.00499997"), Decimal("0.55"))
ACCOUNT = ("acme", PERIOD, END, "EUR")


def said(quantities: dict[datetime, Decimal] = HOURS) -> dict[datetime, Said]:
    return {hour: Said(quantity, amount) for (hour, quantity), amount in zip(quantities.items(), AMOUNTS, strict=True)}


def undisturbed() -> MoneyEvidence:
    """A rated line that is invoiced; the invoice said one unit more at first and was corrected."""
    more = {**HOURS, START: HOURS[START] + 1}
    first = said(more)
    first[START] = Said(more[START], Decimal("0.455"))
    invoiced = LINE._replace(quantity=Decimal("12.500001"), rounding=Decimal("0.00499997"), amount=Decimal("0.58"))
    note = LINE._replace(quantity=Decimal(-1), rounding=Decimal(0), amount=Decimal("-0.03"))
    return MoneyEvidence(
        versions=[Version("share", SINCE, SPEC, True)],
        rated_lines={KEY: LINE}, rated_hours={KEY: said()},
        documents=[
            Document("INV-000001", "invoice", None, ACCOUNT, Decimal("0.58"), [(KEY, invoiced, first)]),
            Document("COR-000001", "correction", "INV-000001", ACCOUNT, Decimal("-0.03"), [
                (KEY, note, {START: Said(Decimal(-1), Decimal("-0.03"))})])],
        quantities={("company_costs", "", "EUR"): {"acme": HOURS}})


def change_line(**changes: Any) -> Callable[[MoneyEvidence], None]:
    def plant(evidence: MoneyEvidence) -> None:
        evidence.rated_lines[KEY] = evidence.rated_lines[KEY]._replace(**changes)

    return plant


def change_document(place: int, **changes: Any) -> Callable[[MoneyEvidence], None]:
    def plant(evidence: MoneyEvidence) -> None:
        evidence.documents[place] = evidence.documents[place]._replace(**changes)

    return plant


def change_view(hours: dict[datetime, Decimal]) -> Callable[[MoneyEvidence], None]:
    def plant(evidence: MoneyEvidence) -> None:
        evidence.quantities = {("company_costs", "", "EUR"): {"acme": hours}}

    return plant


def lose_a_line(evidence: MoneyEvidence) -> None:
    evidence.rated_lines.clear()


def lose_an_hour(evidence: MoneyEvidence) -> None:
    evidence.rated_hours[KEY].popitem()


def rate_another(evidence: MoneyEvidence) -> None:
    evidence.rated_lines["share", SINCE, "blue", PERIOD] = LINE


def end_the_version(evidence: MoneyEvidence) -> None:
    evidence.versions.append(Version("share", START + timedelta(hours=1), SPEC, True))


def leave_one_out(evidence: MoneyEvidence) -> None:
    evidence.versions = [Version("share", SINCE, SPEC | {"customers": ["blue"]}, True)]


def change_an_invoiced_amount(evidence: MoneyEvidence) -> None:
    invoice = evidence.documents[0]
    (key, line, hours), = invoice.lines
    changed = line._replace(amount=line.amount + 1, rounding=line.rounding + 1)
    evidence.documents[0] = invoice._replace(total=invoice.total + 1, lines=[(key, changed, hours)])


def lose_an_invoiced_hour(evidence: MoneyEvidence) -> None:
    evidence.documents[1].lines[0][2].clear()


def lose_the_note(evidence: MoneyEvidence) -> None:
    evidence.documents.pop()


FAULTS = [
    (change_line(amount=Decimal("0.54"), rounding=Decimal("-0.00500003")), "is 0.54 for 11.500001, should be 0.55"),
    (change_line(quantity=Decimal("11.5")), "is 0.55 for 11.5"),
    (change_line(rounding=Decimal(0)), "is not its hours"),
    (change_line(currency="USD"), "should be 0.55"),
    (change_view({**HOURS, START: Decimal(9)}), "should be"),
    (change_view({}), "is rated without any use"),
    (lose_a_line, "is not rated"),
    (lose_an_hour, "is not its hours"),
    (rate_another, "is rated without any use"),
    (end_the_version, "is 0.55 for 11.500001, should be"),
    (leave_one_out, "is rated without any use"),
    (change_document(0, total=Decimal("0.59")), "INV-000001 is 0.59, not the sum of its lines"),
    (change_document(1, kind="invoice"), "has not one invoice but ['INV-000001', 'COR-000001']"),
    (change_an_invoiced_amount, "is 1.58, should be 0.58"),
    (lose_an_invoiced_hour, "COR-000001: ('share', "),
    (lose_the_note, "is invoiced as"),
]


def test_exact_money_has_no_fault() -> None:
    finding = money(undisturbed())

    assert finding.differences == []
    assert finding.numbers == {"tariffs": 1, "rated lines": 1, "documents": 2}


@pytest.mark.parametrize(("plant", "told"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
def test_a_fault_of_money_is_found_and_named(plant: Callable[[MoneyEvidence], None], told: str) -> None:
    evidence = undisturbed()

    plant(evidence)

    assert any(told in difference for difference in money(evidence).differences), money(evidence).differences


@pytest.mark.parametrize("waiting", ["unrated", "unsettled"])
def test_what_waits_for_the_batch_layer_is_not_judged_yet(waiting: str) -> None:
    evidence = undisturbed()
    change_view({**HOURS, START: Decimal(9)})(evidence) if waiting == "unrated" else lose_the_note(evidence)

    setattr(evidence, waiting, {("billing", START)})

    assert money(evidence).differences == []


def test_a_version_that_is_not_rated_yet_is_not_judged_yet() -> None:
    evidence = undisturbed()
    end_the_version(evidence)

    evidence.versions[1] = evidence.versions[1]._replace(is_rated=False)

    assert money(evidence).differences == []


def test_each_part_of_a_month_with_a_new_version_begins_anew() -> None:
    evidence = undisturbed()
    later = START + timedelta(hours=1)
    end_the_version(evidence)
    for since, hour, amount, rounding in (
            (SINCE, START, "0.42", "-0.005"), (later, later, "0.15", "-0.00000005")):
        key, each = ("share", since, "acme", PERIOD), Decimal(amount) - Decimal(rounding)
        evidence.rated_lines[key] = LINE._replace(
            quantity=HOURS[hour], rounding=Decimal(rounding), amount=Decimal(amount))
        evidence.rated_hours[key] = {hour: Said(HOURS[hour], each)}
    evidence.documents.clear()

    assert money(evidence).differences == []


@pytest.mark.parametrize(("model", "amount"), [
    ({"model": "graduated", "tiers": TIERS}, "-0.2"), ({"model": "volume", "tiers": TIERS}, "-0.2"),
    ({"model": "package", "fee": "1", "allowance": "2", "price": "9"}, "1"), ({"model": "flat", "fee": "2"}, "2"),
    ({"model": "per_unit", "price": "0.05"}, "-0.2")])
def test_credits_are_priced_as_the_first_units_are(model: dict[str, Any], amount: str) -> None:
    evidence = undisturbed()
    evidence.versions = [Version("share", SINCE, SPEC | {"price": model}, True)]
    fixed = Decimal(model.get("fee", 0))
    evidence.quantities = {("company_costs", "", "EUR"): {"acme": {START: Decimal(-4)}}}
    evidence.rated_lines = {KEY: LINE._replace(
        quantity=Decimal(-4), fixed=fixed, rounding=Decimal(0), amount=Decimal(amount))}
    evidence.rated_hours[KEY] = {START: Said(Decimal(-4), Decimal(amount) - fixed)}
    evidence.documents.clear()

    assert money(evidence).differences == []
