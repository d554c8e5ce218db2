"""Tariffs in words: every model says what a unit is and what it costs."""

from __future__ import annotations

import pytest

from metering.domain.billing.tariffs import version_of
from serving.tariff_words import customer_words, price_words, rounding_words, subject_words
from tests.lib.sample_tariffs import spec

GB = {"unit": "1000000000"}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("per_unit", ["0.05 EUR for each 1,000,000,000 B"]),
        ("flat", ["9.99 EUR for each month with any use"]),
        ("graduated", [
            "a month at a time, each unit by the tier it lies in; a unit is 1,000,000,000 B",
            "up to 10: 0.05 EUR a unit", "above 10 up to 100: 0.03 EUR a unit, and 1 EUR once",
            "above 100: 0.02 EUR a unit"]),
        ("volume", [
            "a month at a time, all units by the tier that the total reaches; a unit is 1,000,000,000 B",
            "up to 10: 0.05 EUR a unit", "above 10: 0.03 EUR a unit, and 0.5 EUR once"]),
        ("package", [
            "5 EUR for each month with any use hold 20,000,000,000 B",
            "beyond them 0.1 EUR for each 1,000,000,000 B"]),
    ])
def test_a_price_is_spelled_out(model: str, said: list[str]) -> None:
    assert price_words(version_of(spec("words", model, **GB))) == said


def test_one_tier_is_for_all() -> None:
    one = spec("words", price={"model": "volume", "tiers": [{"price": "2"}]}, subject="company_costs", period="day")

    assert price_words(version_of(one)) == [
        "a day at a time, all units by the tier that the total reaches; a unit is 1 EUR", "all: 2 EUR a unit"]


def test_subject_customers_and_rounding() -> None:
    version = version_of(spec(
        "words", subject="machine_percent_hours", of="cpu", customers=["b", "a"],
        rounding={"decimals": 4, "mode": "up", "at": "hour"}))

    assert subject_words(version) == "processor percent-hours of a machine"
    assert customer_words(version) == "a, b"
    assert customer_words(version_of(spec("words"))) == "everyone"
    assert rounding_words(version) == "each hour is rounded, a line is their sum: to 4 decimals, away from zero"
    assert rounding_words(version_of(spec("words"))) == (
        "a line is rounded once: to 2 decimals, halves to the even digit")
