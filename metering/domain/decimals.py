"""DECIMAL fields: which values fit one, and the exact number that each stands for."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from metering.domain.stream import Field

DECIMAL_TEXT = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
"""A number as JSON spells it, without an exponent. RE2 and Python agree on it."""

_DECIMAL_TEXT = re.compile(DECIMAL_TEXT)


class Spelt(float):
    """A JSON number that is not whole: the double nearest to it, and how it was spelt, which may say more."""

    def __new__(cls, spelling: str) -> Spelt:
        self = super().__new__(cls, spelling)
        self.spelling = spelling
        return self

    spelling: str

    def __repr__(self) -> str:
        return self.spelling


def is_decimal_text(value: object) -> bool:
    """Whether it is text such as "12.500001" or "-3": no exponent, no plus sign, no blank, ASCII digits."""
    return isinstance(value, str) and _DECIMAL_TEXT.fullmatch(value) is not None


def decimal_fits(field: Field, value: float | str) -> bool:
    """Whether a value lies within the field's bounds and has no more decimals, zeros at its end aside.

    A field with `text` is judged by its spelling; any other by its double: 0.1 is a decimal of one digit.
    """
    if field.text or isinstance(value, str):
        number = _read(value)
        return number is not None and field.low <= number <= field.high and number == _rounded(field, number)
    scale = 10**field.decimals
    return field.low <= value <= field.high and round(float(value) * scale) / scale == value


def exact_decimal(field: Field, value: float | str) -> Decimal:
    """The number that a value which fits stands for, with the field's decimals.

    >>> from metering.domain.stream import Kind
    >>> exact_decimal(Field("cpu", Kind.DECIMAL, decimals=3), 55.123)
    Decimal('55.123')
    >>> exact_decimal(Field("cost", Kind.DECIMAL, decimals=6, text=True), "-12.5")
    Decimal('-12.500000')
    """
    if field.text:
        return _rounded(field, _read(value) or Decimal(0))
    return Decimal(round(float(value) * 10**field.decimals)).scaleb(-field.decimals)


def _read(value: float | str) -> Decimal | None:
    """The number to its last digit; None where its exponent is beyond all numbers."""
    try:
        return Decimal(value.spelling if isinstance(value, Spelt) else value)
    except InvalidOperation:
        return None


def _rounded(field: Field, number: Decimal) -> Decimal:
    """With as many decimals as the field has. Adding nothing makes zero of minus zero."""
    return number.quantize(Decimal(1).scaleb(-field.decimals)) + 0
