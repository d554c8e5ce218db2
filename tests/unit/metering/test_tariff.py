"""Prices: which version holds, how an hour is rounded, what is refused in the tariff's file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.errors import BadSettings
from metering.domain.tariff import HourUse, Tariff, TariffVersion, Unit, price_hour
from metering.tariff_file import FILE_NAME, load_tariff, read_tariff

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
CONF = Path(__file__).parents[3] / "conf"
GOOD = 'valid_from = 2020-01-01\ncurrency = "EUR"\nunit = "percent_hour"\ncpu = "0.05"\nmemory = "0.01"\n'

sums = st.decimals(min_value=0, max_value=10**15, places=3)
rates = st.decimals(min_value=0, max_value=1000, places=6)


def version(unit: Unit = Unit.PERCENT_HOUR, since: datetime = SINCE, cpu: str = "0.05") -> TariffVersion:
    return TariffVersion(since, "EUR", unit, Decimal(cpu), Decimal("0.01"))


def use(cpu_percent_s: str = "0", ram_percent_s: str = "0", cpu: str = "0", ram: str = "0") -> HourUse:
    return HourUse(*map(Decimal, (cpu_percent_s, ram_percent_s, cpu, ram)))


@pytest.mark.parametrize(
    ("percent_s", "cost"),
    [
        ("360000.000", "5.000000"), ("0.036", "0.000001"), ("0.035", "0.000000"), ("0.180", "0.000003"),
        ("0", "0.000000")])
def test_a_percent_hour_is_rounded_half_up_at_the_sixth_digit(percent_s: str, cost: str) -> None:
    # 0.05 × 0.036 / 3600 = 0.0000005 exactly: up
    assert str(price_hour(version(), use(cpu_percent_s=percent_s)).cpu) == cost


def test_a_percent_sample_does_not_look_at_seconds() -> None:
    found = price_hour(version(Unit.PERCENT_SAMPLE), use("999999", "999999", cpu="150.125", ram="80.001"))

    assert (str(found.cpu), str(found.memory), str(found.total)) == ("7.506250", "0.800010", "8.306260")


@given(sums, sums, rates)
def test_a_cost_is_within_half_a_millionth_of_the_exact_one_and_its_parts_add_up(
    cpu: Decimal, ram: Decimal, rate: Decimal
) -> None:
    found = price_hour(version(cpu=str(rate)), HourUse(cpu, ram, Decimal(0), Decimal(0)))

    off = Fraction(found.cpu) - Fraction(rate) * Fraction(cpu) / 3600
    assert Fraction(-1, 2_000_000) < off <= Fraction(1, 2_000_000)
    assert found.cpu.as_tuple().exponent == found.memory.as_tuple().exponent == -6
    assert Fraction(found.total) == Fraction(found.cpu) + Fraction(found.memory)


def test_a_version_holds_from_its_first_instant_until_the_next_ones() -> None:
    later = SINCE + timedelta(days=400)
    tariff = Tariff((version(), version(since=later, cpu="0.07")))

    assert tariff.version_at(SINCE - timedelta(microseconds=1)) is None
    assert tariff.version_at(SINCE) == tariff.version_at(later - timedelta(microseconds=1)) == tariff.versions[0]
    assert tariff.version_at(later) == tariff.versions[1]
    assert Tariff().version_at(later) is None


def test_the_shipped_tariff_is_the_one_of_the_original_by_percent_hour() -> None:
    assert load_tariff(CONF).versions == (version(),)


def test_a_folder_without_the_file_has_no_prices(tmp_path: Path) -> None:
    assert load_tariff(tmp_path) == Tariff()


def test_dates_and_times_of_any_zone_are_read_as_utc() -> None:
    text = f"[[version]]\n{GOOD}[[version]]\n{GOOD}".replace("2020-01-01", "2021-06-01T02:00:00+02:00", 2)
    text = text.replace("2021-06-01T02:00:00+02:00", "2020-01-01", 1)

    assert [one.valid_from for one in read_tariff(text).versions] == [SINCE, datetime(2021, 6, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('cpu = "0.05"', "cpu = 0.05", "cpu is 0.05: want a number of 0 or more in quotes"),
        ('cpu = "0.05"', 'cpu = "-0.05"', "cpu is '-0.05'"),
        ('cpu = "0.05"', 'cpu = "1e3"', "cpu is '1e3'"),
        ('cpu = "0.05"', 'cpu = "NaN"', "cpu is 'NaN'"),
        ('memory = "0.01"\n', "", "memory is nothing"),
        ('"percent_hour"', '"percent_day"', 'unit is \'percent_day\': want percent_hour or percent_sample'),
        ('"EUR"', '"euro"', "currency is 'euro'"),
        ("2020-01-01", '"2020-01-01"', "valid_from is '2020-01-01'"),
        ("2020-01-01", "2020-01-01T00:00:00", "valid_from is"),
        ("memory", "ram", "'ram' is not known"),
    ])
def test_a_faulty_part_is_named_with_its_version(line: str, instead: str, said: str) -> None:
    assert line in GOOD
    with pytest.raises(BadSettings) as fault:
        read_tariff(f"[[version]]\n{GOOD.replace(line, instead)}")

    assert fault.value.faults[0].startswith(f"{FILE_NAME}: version 1: ") and said in "; ".join(fault.value.faults)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace('"0.05"', "0.05").replace("EUR", "E").replace("_hour", "_day")
    (tmp_path / FILE_NAME).write_text(f'rate = 1\n[[version]]\n{bad}[[version]]\n{GOOD.replace("0.01", "x")}')

    with pytest.raises(BadSettings) as fault:
        load_tariff(tmp_path)

    assert len(fault.value.faults) == 5
    assert all(one.startswith(str(tmp_path / FILE_NAME)) for one in fault.value.faults)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no version"), ("version = []", "no version"), ("version = 3", "no version"), ("[version", "not TOML"),
        (f"[[version]]\n{GOOD}[[version]]\n{GOOD}", "2020-01-01T00:00Z stands twice"),
        (f"[[version]]\n{GOOD}[[version]]\n{GOOD.replace('2020', '2019')}", "want the earliest first"),
    ])
def test_what_is_no_list_of_versions_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        read_tariff(text)
