"""Bills: hours priced, their sums by currency, and how far the whole can be trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from metering.domain.tariff import HourUse, Tariff, TariffVersion, Unit
from serving.costs import Amount, bill_of
from serving.pages.cost_bars import charted_currency, cost_bars, cost_summary
from serving.queries.buckets import HOUR, buckets_of
from serving.queries.dimensions import Finality
from serving.queries.machines import MachineHour, summed
from serving.ranges import parse_range

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
TARIFF = Tariff((
    TariffVersion(START + HOUR, "EUR", Unit.PERCENT_SAMPLE, Decimal("0.001"), Decimal("0.0005")),
    TariffVersion(START + 3 * HOUR, "CHF", Unit.PERCENT_SAMPLE, Decimal("0.002"), Decimal("0"))))


def hour(number: int, cpu: str, ram: str, mark: Finality = Finality.FINAL) -> MachineHour:
    use = HourUse(Decimal(0), Decimal(0), Decimal(cpu), Decimal(ram))
    return MachineHour("m", use, 60, 1, mark, START + number * HOUR)


HOURS = [hour(0, "9", "9"), hour(1, "1.001", "1.001"), hour(2, "1.001", "3"), hour(3, "5", "5", Finality.CORRECTED)]


def test_each_currency_has_the_sum_of_its_lines_and_an_hour_before_any_tariff_has_no_price() -> None:
    bill = bill_of(HOURS, TARIFF)

    assert bill.lines[0].cost is None and bill.unpriced == 1
    # 0.0005 × 1.001 = 0.0005005: half up to 0.000501, and only then summed
    assert bill.amounts == [
        Amount("EUR", Decimal("0.002002"), Decimal("0.002001")), Amount("CHF", Decimal("0.010000"), Decimal(0))]
    assert [version.currency for version in bill.versions] == ["EUR", "CHF"]


def test_a_bill_can_be_trusted_as_far_as_its_least_certain_hour() -> None:
    assert bill_of(HOURS, TARIFF).finality is Finality.CORRECTED
    assert bill_of([*HOURS, hour(4, "1", "1", Finality.PROVISIONAL)], TARIFF).finality is Finality.PROVISIONAL
    assert bill_of(HOURS[:3], TARIFF).finality is Finality.FINAL
    assert bill_of([], TARIFF).amounts == [] and summed([]).use.cpu == 0


def test_bars_are_of_the_latest_hours_currency_and_add_up_to_its_amount() -> None:
    bill = bill_of(HOURS[:3], TARIFF)
    chosen = parse_range("2026-03-01", "2026-03-01", "UTC", START)
    bars = cost_bars(bill, buckets_of(chosen, window=HOUR), START + timedelta(hours=3))

    assert charted_currency(bill) == "EUR" and charted_currency(bill_of(HOURS, TARIFF)) == "CHF"
    assert sum(point.value for point in bars.points) == bill.amounts[0].total * 10**6
    assert {point.bucket for point in bars.points} == {22, 23}
    assert bars.exact(2502) == "0.002502 EUR"
    summary = cost_summary(bars)
    assert (summary.peak.start, summary.peak_value) == (START + 2 * HOUR, Decimal("0.002501"))
    assert summary.empty_bars == 24 - 2
