"""What a statement's parts have to be to one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from metering.statement.document import BilledHour, Statement
from metering.statement.recompute import recompute
from metering.streams import STREAMS
from tests.unit.metering.statement.statements import CONTENT, HOURS, LINE, MARCH, invoice, sent, statement, tariff


def differences(made: Statement, *sizes: int) -> list[str]:
    return [str(one) for one in recompute(made, CONTENT, {"devices": sent(*(sizes or (1000, 4000)))}, STREAMS)]


def test_what_follows_from_its_events_and_tariff_is_equal() -> None:
    assert differences(statement()) == []


def test_an_hour_that_nobody_stated_is_found() -> None:
    made = statement(lines=(replace(LINE, quantity=Decimal(1000), amount=Decimal("0.02"), hours=LINE.hours[:1]),))

    found = differences(made)

    assert any("hour 2026-03-05T11, quantity: stated 0, of the hour's 1 events 4000" in one for one in found)
    assert any(", amount: stated 0.02, computed again 0.10" in one for one in found)


def test_an_hour_without_events_is_found() -> None:
    third = BilledHour(HOURS[1] + timedelta(hours=1), Decimal(7), Decimal(0), 1)

    found = differences(statement(lines=(replace(LINE, hours=(*LINE.hours, third)),)))

    assert [one.partition("hour ")[2] for one in found] == [
        "2026-03-05T12, quantity: stated 7, of the hour's 0 events 0"]


@pytest.mark.parametrize(("changes", "said"), [
    ({"subject": "app_bytes"}, "subject: stated app_bytes, in its tariff user_bytes"),
    ({"currency": "USD"}, "currency: stated USD, in its tariff EUR"),
    ({"fixed": Decimal(1)}, "fixed: stated 1, computed again 0"),
    ({"rounding": Decimal("0.01")}, "rounding: stated 0.01, computed again"),
    ({"quantity": Decimal(5001)}, "quantity: stated 5001, computed again 5000"),
    ({"amount": Decimal("0.11")}, "amount: stated 0.11, computed again 0.10"),
    ({"tariff": "fixed-line"}, "its tariff's version is not among the tariffs"),
    ({"period_end": date(2026, 3, 6)}, "period_end: stated 2026-03-06, by its tariff one month"),
    ({"period": date(2026, 2, 1), "period_end": date(2026, 3, 1)}, "lies outside of 2026-03-01"),
])
def test_what_was_changed_in_a_line_is_named(changes: dict[str, Any], said: str) -> None:
    found = differences(statement(lines=(replace(LINE, **changes),)))

    assert any(said in one for one in found), found


def test_a_later_version_ends_what_a_line_prices() -> None:
    made = statement(tariffs=(tariff(), tariff("2026-03-05")))

    found = differences(made)

    how = "no event in the folder counts for it; stated 5000 for 0.10"
    assert found == [f"statement.json, line 1 ({LINE.name}): {how}"]


def test_the_hours_of_two_versions_are_priced_apart() -> None:
    second = replace(
        LINE, valid_from=datetime(2026, 3, 5, tzinfo=UTC), quantity=Decimal(5000), amount=Decimal("0.15"),
        hours=tuple(replace(hour, amount=hour.amount * 3 / 2) for hour in LINE.hours))

    assert differences(statement(lines=(second,), tariffs=(tariff(), tariff("2026-03-05", "0.03")))) == []


def test_a_tariff_for_others_is_named() -> None:
    spec = dict(tariff().spec) | {"customers": ["blue"]}

    found = differences(statement(tariffs=(replace(tariff(), spec=spec),)))

    assert any("its tariff is not for acme" in one for one in found)


def test_a_tariff_that_is_none_is_named_with_every_fault() -> None:
    spec = dict(tariff().spec) | {"unit": "-1", "currency": "euro"}

    found = differences(statement(tariffs=(replace(tariff(), spec=spec),)))

    assert "unit" in found[0] and "currency" in found[0]
    assert "tariffs[0] (mobile of 2026-01-01T00:00Z), spec" in found[0]


def test_an_invoice_and_its_notes_are_the_sum_of_the_lines() -> None:
    right = (invoice("INV-000001", "invoice", "0.12"), invoice("COR-000001", "correction", "-0.02"))

    assert differences(statement(invoices=right)) == []
    assert differences(statement(invoices=right[:1])) == [
        "statement.json, invoices INV-000001: together 0.12, the lines 0.10"]


def test_another_sum_of_the_events_names_hour_and_line() -> None:
    found = differences(statement(), 1001, 4000)

    assert found[0] == (
        f"statement.json, line 1 ({LINE.name}), hour 2026-03-05T10, quantity: stated 1000, of the hour's 1 events 1001")
    assert MARCH[0].isoformat() in LINE.name
