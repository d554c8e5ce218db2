"""Documents: an invoice says what is rated, notes add up with it to what is rated later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.billing.invoice import (
    Account,
    Document,
    Hour,
    Kind,
    Line,
    correction_of,
    exact_sum,
    invoice_of,
    number_text,
    summed,
)
from metering.domain.billing.reasons import MOST_HOURS, HourChange, changed_hours, why_text

START = datetime(2026, 10, 1, tzinfo=UTC)
ACCOUNT = Account("u-1", date(2026, 10, 1), date(2026, 11, 1), "EUR")


def hour(number: int, quantity: str, amount: str, revision: int = 1) -> Hour:
    return Hour(START + timedelta(hours=number), "devices", Decimal(quantity), Decimal(amount), revision)


def line(*hours: Hour, tariff: str = "basic", fixed: str = "0", rounding: str = "0") -> Line:
    return Line(tariff, START, "ab12", "user_bytes", Decimal(fixed), Decimal(rounding), hours)


def test_a_total_is_the_sum_of_lines_and_a_line_of_fixed_part_hours_and_rounding() -> None:
    invoice = invoice_of(ACCOUNT, [
        line(hour(0, "3", "0.123"), hour(5, "4", "0.2"), fixed="9.90", rounding="-0.003"),
        line(hour(0, "1", "-2"), tariff="addon")])

    assert invoice.kind is Kind.INVOICE
    assert [(one.tariff, one.quantity, one.amount) for one in invoice.lines] == [
        ("addon", 1, -2), ("basic", 7, Decimal("10.22"))]
    assert invoice.total == Decimal("8.22")


def test_a_sum_keeps_digits_that_the_usual_context_would_lose() -> None:
    assert exact_sum([Decimal(10) ** 40, Decimal("1e-12")]) == Decimal("1" + "0" * 40 + ".000000000001")
    with pytest.raises(Inexact):
        exact_sum([Decimal(10) ** 999, Decimal("1e-12")])


def test_no_note_where_what_is_rated_was_invoiced() -> None:
    rated = [line(hour(0, "3", "0.1")), line(hour(1, "1", "2.00"), tariff="addon")]

    assert correction_of(ACCOUNT, rated, rated) is None
    assert correction_of(ACCOUNT, rated, [replace(one, hours=tuple(
        replace(part, revision=9) for part in one.hours)) for one in reversed(rated)]) is None


def test_a_note_lists_what_changed_and_nothing_else() -> None:
    before = [line(hour(0, "3", "0.30"), hour(1, "1", "0.10")), line(hour(4, "1", "1"), tariff="other")]
    now = [line(hour(0, "3", "0.30"), hour(1, "2", "0.20", revision=2), hour(2, "5", "0.50")), before[1]]

    note = correction_of(ACCOUNT, before, now)

    assert note is not None and note.kind is Kind.CORRECTION
    [changed] = note.lines
    assert (changed.old, changed.new, changed.amount, changed.quantity) == (
        Decimal("0.40"), Decimal("1.00"), Decimal("0.60"), 6)
    assert [(part.hour, part.old, part.new, part.amount, part.revision) for part in changed.hours] == [
        (START + timedelta(hours=1), Decimal("0.10"), Decimal("0.20"), Decimal("0.10"), 2),
        (START + timedelta(hours=2), 0, Decimal("0.50"), Decimal("0.50"), 1)]
    assert note.total == Decimal("0.60")


def test_a_change_that_costs_nothing_is_noted_all_the_same() -> None:
    before, now = [line(hour(0, "3", "0"), fixed="5")], [line(hour(0, "4", "0", 2), fixed="5")]

    note = correction_of(ACCOUNT, before, now)

    assert note is not None and note.total == 0 and note.lines[0].quantity == 1
    assert correction_of(ACCOUNT, summed([invoice_of(ACCOUNT, before), note]), now) is None


def test_a_line_that_is_gone_is_taken_back_and_one_that_came_is_added() -> None:
    gone, came = line(hour(0, "3", "0.30"), fixed="1", rounding="0.1"), line(hour(0, "3", "7"), tariff="new")

    note = correction_of(ACCOUNT, [gone], [came])

    assert note is not None
    assert [(one.tariff, one.old, one.new, one.amount) for one in note.lines] == [
        ("basic", Decimal("1.40"), 0, Decimal("-1.40")), ("new", 0, 7, 7)]


@pytest.mark.parametrize(("counted", "text"), [(1, "INV-000001"), (999_999, "INV-999999"), (1_000_000, "INV-1000000")])
def test_numbers_are_of_six_digits_until_those_are_used_up(counted: int, text: str) -> None:
    assert number_text(Kind.INVOICE, counted) == text


amounts = st.decimals(-(10**15), 10**15, places=12)
hours = st.builds(hour, st.integers(0, 5), amounts.map(str), amounts.map(str), st.integers(1, 9))
lines = st.builds(
    lambda found, tariff, fixed, rounding: line(
        *{part.hour: part for part in found}.values(), tariff=tariff, fixed=str(fixed), rounding=str(rounding)),
    st.lists(hours, max_size=6), st.sampled_from(["a", "b", "c"]), amounts, amounts)
ratings = st.lists(lines, max_size=3, unique_by=lambda one: one.tariff)

Said = dict[tuple[str, datetime], tuple[Decimal, Decimal, Decimal, dict[datetime, tuple[Decimal, Decimal]]]]


def said(rated: list[Line]) -> Said:
    """What a rating says, what is nothing left out."""
    told = {}
    for one in rated:
        parts = {part.hour: (part.quantity, part.amount) for part in one.hours if part.quantity or part.amount}
        if one.fixed or one.rounding or parts:
            told[one.key] = (one.fixed, one.rounding, one.amount, parts)
    return told


@given(st.lists(ratings, min_size=1, max_size=5))
def test_an_invoice_and_all_notes_are_the_current_rating(history: list[list[Line]]) -> None:
    documents: list[Document] = [invoice_of(ACCOUNT, history[0])]
    for rated in history[1:]:
        note = correction_of(ACCOUNT, summed(documents), rated)
        documents += [note] if note else []
        assert said(summed(documents)) == said(rated)
        assert exact_sum(one.total for one in documents) == exact_sum(one.amount for one in rated)
        assert correction_of(ACCOUNT, summed(documents), rated) is None
    for document in documents[1:]:
        for one in document.lines:
            assert one.new is not None and one.old is not None and one.amount == one.new - one.old
            assert all(part.amount == part.new - part.old for part in one.hours)  # type: ignore[operator]


def test_why_names_the_hours_whose_own_quantity_changed() -> None:
    before = [line(hour(0, "3", "0.30"), hour(1, "1", "0.10"), hour(2, "1", "0.10"))]
    note = correction_of(ACCOUNT, before, [line(hour(0, "4", "0.40", 2), hour(1, "1", "0.20"), hour(2, "2", "0.10"))])
    assert note is not None
    assert changed_hours(note) == {("devices", START), ("devices", START + timedelta(hours=2))}

    why = why_text(note, [HourChange(START, "devices", 2, 17, "events arrived (generation 4)")])

    assert why == (
        "devices 2026-10-01T00: events arrived (generation 4), revision 2, batch run 17; "
        "devices 2026-10-01T02: rated again")


def test_why_is_not_longer_than_people_read() -> None:
    many = range(MOST_HOURS + 3)
    note = correction_of(ACCOUNT, [], [line(*(hour(one, "1", "1") for one in many))])
    assert note is not None

    why = why_text(note, [HourChange(START + timedelta(hours=one), "devices", 2, None, "late") for one in many])

    assert why.endswith("; and 3 more") and why.count(";") == MOST_HOURS
    assert why.startswith("devices 2026-10-01T00: late, revision 2;")
