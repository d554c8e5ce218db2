"""A tariff's version: what is read, what is refused, and one text for one version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from metering.domain.billing.prices import Graduated, Tier
from metering.domain.billing.rounding import Mode, Place, Rounding
from metering.domain.billing.tariffs import MODELS, SUBJECTS, TariffVersion, read_versions, version_of
from metering.domain.errors import BadSettings
from tests.lib.sample_tariffs import PRICES, spec, versions

CONF = Path(__file__).parents[5] / "conf" / "tariffs"

TEXT = """\
[[version]]
name = "mobile-basic"
valid_from = 2026-01-01
subject = "machine_percent_hours"
of = "cpu"
customers = ["m-2", "m-1"]
currency = "EUR"
period = "day"
unit = "1000"
[version.price]
model = "graduated"
tiers = [{up_to = "10", price = "0.050"}, {price = "0.03", fee = "1"}]
[version.rounding]
decimals = 3
mode = "half_up"
at = "hour"
"""


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as error:
        read_versions(text, "a.toml")
    return error.value.faults


def test_a_text_is_read_part_by_part() -> None:
    (version,) = read_versions(TEXT, "a.toml")

    tiers = (Tier(Decimal(10), Decimal("0.05")), Tier(None, Decimal("0.03"), Decimal(1)))
    assert version == TariffVersion(
        "mobile-basic", datetime(2026, 1, 1, tzinfo=UTC), "machine_percent_hours", "EUR", Graduated(tiers), "cpu",
        ("m-1", "m-2"), "day", Decimal(1000), Rounding(3, Mode.HALF_UP, Place.HOUR))
    assert (version.covers("m-1"), version.covers("m-3")) == (True, False)


def test_what_is_not_said_has_a_default() -> None:
    version = version_of(spec("short"))

    assert (version.period, version.unit, version.covers("anyone")) == ("month", 1, True)
    assert version.rounding == Rounding(2, Mode.HALF_EVEN, Place.LINE)


@given(versions)
def test_a_version_is_read_back_from_its_spec_with_the_same_hash(version: TariffVersion) -> None:
    again = version_of(json.loads(json.dumps(version.spec)))

    assert again == version and again.sha256 == version.sha256


def test_the_same_version_written_otherwise_has_the_same_hash() -> None:
    other = TEXT.replace("0.050", "0.05").replace("2026-01-01", "2026-01-01T02:00:00+02:00")
    other = other.replace('["m-2", "m-1"]', '["m-1", "m-2", "m-1"]')

    assert read_versions(other, "b.toml")[0].sha256 == read_versions(TEXT, "a.toml")[0].sha256


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('"mobile-basic"', '"mobile basic"', "name is 'mobile basic': want an identifier"),
        ("2026-01-01", "2026-01-01T00:30:00Z", "valid_from is"),
        ("2026-01-01", "2026-01-01T00:00:00", "valid_from is"),
        ("2026-01-01", '"soon"', "valid_from is 'soon': want a date, or a time with its zone on the full hour"),
        ("machine_percent_hours", "bytes", f"subject is 'bytes': want {' or '.join(SUBJECTS)}"),
        ('"cpu"', '"disk"', "of is 'disk': want cpu or memory"),
        ('of = "cpu"\n', "", "of is nothing: want cpu or memory"),
        ("machine_percent_hours", "user_bytes", "of is 'cpu': want nothing, but for machine_percent_hours"),
        ('["m-2", "m-1"]', "[]", "customers is []"),
        ('["m-2", "m-1"]', '["m 2"]', "customers is ['m 2']"),
        ('["m-2", "m-1"]', '["*", "m-1"]', "customers is ['*', 'm-1']"),
        ('"EUR"', '"euro"', "currency is 'euro'"),
        ('"day"', '"week"', "period is 'week': want month or day"),
        ('"1000"', '"0"', "unit is '0': want a number above 0"),
        ('"1000"', "1000", "unit is 1000: want a number above 0 in quotes"),
        ("graduated", "linear", f"price.model is 'linear': want {' or '.join(MODELS)}"),
        ('model = "graduated"\n', "", "price.model is nothing"),
        ("graduated", "flat", "price.fee is nothing"),
        ("graduated", "flat", "price.tiers is"),
        ('up_to = "10", ', "", "price.tiers[1].up_to is nothing"),
        ('price = "0.03"', 'up_to = "20", price = "0.03"', "price.tiers[2].up_to is '20': want nothing in the last"),
        ('price = "0.03"', 'price = "-0.03"', "price.tiers[2].price is '-0.03'"),
        ('price = "0.03"', 'cost = "0.03"', "price.tiers[2].'cost' is not known"),
        ("{price", '{up_to = "9", price = "1"}, {price', "price.tiers[2].up_to is '9': want more than 10"),
        ("{price", '{up_to = "10", price = "1"}, {price', "price.tiers[2].up_to is '10': want more than 10"),
        ("tiers = [", "tiers = [] # ", "price.tiers is []: want a list of at least one table"),
        ("decimals = 3", "decimals = 10", "rounding.decimals is 10: want a whole number from 0 to 9"),
        ("decimals = 3", "decimals = true", "rounding.decimals is True"),
        ("half_up", "bankers", "rounding.mode is 'bankers'"),
        ('"hour"', '"month"', "rounding.at is 'month': want line or hour"),
        ("[version.rounding]", "[version.round]", "'round' is not known"),
    ])
def test_a_faulty_part_is_named_with_its_place(line: str, instead: str, said: str) -> None:
    assert line in TEXT
    faults = faults_of(TEXT.replace(line, instead, 1))

    assert all(fault.startswith("a.toml: version 1: ") for fault in faults) and said in "; ".join(faults)


def test_all_faults_are_named_at_once() -> None:
    bad = TEXT.replace("EUR", "E").replace('"0.050"', "0.05").replace('"day"', '"week"').replace("decimals = 3", "")

    assert len(faults_of(f"rate = 1\n{bad}{TEXT.replace('1000', '-1')}")) == 5


@pytest.mark.parametrize(("text", "said"), [
    ("", "no version"), ("[version", "not TOML"), (TEXT + TEXT, "mobile-basic from 2026-01-01T00:00Z stands 2 times")])
def test_what_is_no_set_of_versions_is_refused(text: str, said: str) -> None:
    assert said in "; ".join(faults_of(text))


@pytest.mark.parametrize("found", [
    {"price": 3}, {"rounding": "up"}, {"price": {"model": ["flat"]}}, {"customers": "*"}, {"name": None},
    {"price": {"model": "graduated", "tiers": [3]}}, {"subject": {}}, {"valid_from": 7}])
def test_any_json_gives_faults_and_no_other_error(found: dict[str, Any]) -> None:
    with pytest.raises(BadSettings):
        version_of(spec("odd") | found)


def test_the_shipped_example_has_every_model() -> None:
    shipped = read_versions((CONF / "example.toml").read_text(encoding="utf-8"), "example.toml")

    assert {version.spec["price"]["model"] for version in shipped} == set(PRICES)
    assert {version.subject for version in shipped} == set(SUBJECTS)
