"""Numbers and times as people read them: short, with a unit, in the zone of whoever looks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def short_bytes(number: int) -> str:
    """Three digits and a decimal unit (1 kB is 1,000 bytes); whole bytes below 1 kB.

    >>> [short_bytes(n) for n in (0, 999, 1_021_080, 72_330_000_000, 999_600, -1_500)]
    ['0 B', '999 B', '1.02 MB', '72.3 GB', '1.00 MB', '-1.50 kB']
    """
    size, unit = float(number), 0
    while round(abs(size)) >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{_three_digits(size) if unit else number} {_UNITS[unit]}"


def round_bytes(number: int) -> str:
    """The same without needless zeros, for the labels of an axis.

    >>> [round_bytes(n) for n in (0, 20_000_000, 2_500_000)]
    ['0 B', '20 MB', '2.5 MB']
    """
    digits, unit = short_bytes(number).split(" ")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits} {unit}"


def short_count(number: int) -> str:
    """Three digits and k, M, G; whole below 10,000.

    >>> [short_count(n) for n in (0, 9_999, 2_114_067)]
    ['0', '9,999', '2.11 M']
    """
    if abs(number) < 10_000:
        return f"{number:,}"
    size, unit = float(number), 0
    while abs(size) >= 1000 and unit < 4:
        size, unit = size / 1000, unit + 1
    return f"{_three_digits(size)} {('', 'k', 'M', 'G', 'T')[unit]}"


def exact_bytes(number: int) -> str:
    """Every digit.

    >>> exact_bytes(1021080)
    '1,021,080 B'
    """
    return f"{number:,} B"


def short_number(number: int | Decimal) -> str:
    """A sum without a unit: every digit below 10,000, else three of them.

    >>> [short_number(n) for n in (7, Decimal("1234.500"), Decimal("2114067.250"))]
    ['7', '1,234.500', '2.11 M']
    """
    return exact_number(number) if -10_000 < number < 10_000 else short_count(int(number))


def exact_number(number: int | Decimal) -> str:
    """Every digit, with the decimals it has.

    >>> exact_number(Decimal("1234567.050")), exact_number(1234)
    ('1,234,567.050', '1,234')
    """
    return f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"


def _three_digits(size: float) -> str:
    return f"{size:.{0 if abs(size) >= 99.95 else 1 if abs(size) >= 9.995 else 2}f}"


def share_text(part: int, whole: int) -> str:
    """Percent with one digit; a share too small to show says so.

    >>> share_text(1, 3), share_text(1, 10**6), share_text(0, 5)
    ('33.3 %', '<0.1 %', '0 %')
    """
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    return "<0.1 %" if percent < 0.05 else f"{percent:.1f} %"


def change_text(new: int, old: int) -> str:
    """The difference to an earlier number, with an arrow and in percent.

    >>> change_text(150, 100), change_text(5, 0), change_text(7, 7), change_text(90, 100)
    ('▲ 50.0 %', '▲ new', '= 0 %', '▼ 10.0 %')
    """
    if new == old:
        return "= 0 %"
    arrow = "▲" if new > old else "▼"
    if not old:
        return f"{arrow} new"
    percent = abs(new - old) / old * 100
    return f"{arrow} {percent:,.1f} %" if percent < 1000 else f"{arrow} {new / old:,.0f}×"


def period_text(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A half-open range in the zone, as short as it stays clear.

    Whole days read as dates, the last one included; a range within a day names the day once.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    midnights = first.time() == last.time() == datetime.min.time() and start < end
    if midnights:
        day = (last - timedelta(days=1)).date()
        return f"{first:%Y-%m-%d}" if day == first.date() else f"{first:%Y-%m-%d} – {day}"
    if first.date() == last.date():
        return f"{first:%Y-%m-%d %H:%M} – {last:%H:%M}"
    return f"{first:%Y-%m-%d %H:%M} – {last:%Y-%m-%d %H:%M}"
