"""Percents and money as people read them: short, every digit on hover, a dash where nothing is known."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from metering.domain.tariff import DECIMALS

MICRO = Decimal(1).scaleb(-DECIMALS)
"""The smallest difference between two prices."""


def exact_percent(value: Decimal | None) -> str:
    """Every digit.

    >>> exact_percent(Decimal("34.215")), exact_percent(None)
    ('34.215 %', 'no data')
    """
    return "no data" if value is None else f"{value:,f} %"


def short_percent(value: Decimal) -> str:
    """One digit after the point.

    >>> short_percent(Decimal("34.250"))
    '34.3 %'
    """
    return f"{value.quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


def exact_money(value: Decimal) -> str:
    """All the digits that a price is rounded to.

    >>> exact_money(Decimal("1234.5"))
    '1,234.500000'
    """
    return f"{value:,.{DECIMALS}f}"


def short_money(value: Decimal) -> str:
    """Two digits after the point; an amount too small to show says so.

    >>> [short_money(Decimal(text)) for text in ("1234.505", "0.000001", "0")]
    ['1,234.51', '<0.01', '0.00']
    """
    if 0 < value < Decimal("0.005"):
        return "<0.01"
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def micros(value: Decimal) -> int:
    """A price in millionths, for charts, which count in whole numbers."""
    return int(value / MICRO)
