"""The running cost equals what the product asks for the same samples."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from metering.domain.tariff import Tariff, TariffVersion, Unit
from producers.window.bill import Bill

HOUR = 1_613_768_400


def _version(year: int, currency: str = "EUR", unit: Unit = Unit.PERCENT_HOUR, cpu: str = "0.05") -> TariffVersion:
    return TariffVersion(datetime(year, 1, 1, tzinfo=UTC), currency, unit, Decimal(cpu), Decimal("0.01"))


def _sample(cpu: float | None, ram: float | None, second: int = 0) -> dict[str, object]:
    return {"timestamp": HOUR + second + 0.25, "cpu": cpu, "ram": ram, "interval_s": 5}


def test_a_cost_is_the_sum_of_its_hours_each_rounded_once() -> None:
    bill = Bill(Tariff((_version(2020),)))

    for second in (0, 5, 3600):
        bill.add(_sample(33.333, 1.1, second))

    # 0.05 × 33.333 × 10 / 3600 = 0.004630 and 0.01 × 1.1 × 10 / 3600 = 0.000031, then half of each
    assert bill.total == f"{Decimal('0.004630') + Decimal('0.000031') + Decimal('0.002315') + Decimal('0.000015')} EUR"


def test_by_samples_their_seconds_do_not_matter_and_the_unknown_costs_nothing() -> None:
    bill = Bill(Tariff((_version(2020, unit=Unit.PERCENT_SAMPLE),)))

    bill.add(_sample(10.0, None))
    bill.add(_sample(None, 10.0))

    assert bill.total == "0.600000 EUR"


def test_the_terms_name_rates_currency_unit_and_since_when() -> None:
    tariff = Tariff((_version(2020), _version(2021, cpu="0.06")))

    assert Bill(tariff).terms == "cpu 0.06, memory 0.01 EUR per percent and hour, since 2021-01-01"


def test_before_anything_is_sent_the_cost_is_zero_and_without_a_tariff_there_is_none() -> None:
    assert Bill(Tariff((_version(2020),))).total == "0.000000 EUR"
    assert (Bill(Tariff()).total, Bill(Tariff()).terms) == ("no tariff", "no tariff is in force")


def test_hours_of_two_currencies_are_not_added_up() -> None:
    bill = Bill(Tariff((_version(2020, "EUR"), TariffVersion(
        datetime.fromtimestamp(HOUR + 3600, UTC), "USD", Unit.PERCENT_SAMPLE, Decimal(1), Decimal(0)))))

    bill.add(_sample(72.0, 0.0))
    bill.add(_sample(1.0, 0.0, 3600))

    assert bill.total == "0.005000 EUR + 1.000000 USD"
