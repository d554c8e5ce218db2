"""From a row's columns to the fields of a stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from metering.domain.stream import Field, Kind, Stream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unmappable(Exception):
    """A row that makes no event: the field, what was found and what is wanted."""

    def __init__(self, field: str, found: object, want: str) -> None:
        shown = "nothing" if found is None or found == "" else repr(found)[:80]
        super().__init__(f"{field}: found {shown}, want {want}")


@dataclass(frozen=True)
class Columns:
    """Which column each field is taken from; naive times are in `zone`.

    A clock that was set back shows an hour twice: such a time is the first of the two. One that a clock leaves out
    is read by the offset before the change: 02:30 is half past the change.
    """

    stream: Stream
    renamed: Mapping[str, str]
    zone: ZoneInfo

    def of(self, field: Field, present: Collection[str]) -> list[str]:
        """The columns that may hold the field: the one it is mapped to, else the one of its name.

        Else those of a like name: one of the field's other names, or any of them but for case, spaces and signs.
        """
        name = self.renamed.get(field.name, field.name)
        if field.name in self.renamed or name in present:
            return [column for column in present if column == name]
        wanted = {_plain(name) for name in field.names}
        return [column for column in present if _plain(column) in wanted]

    def event(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The event of a row, without the optional fields that the row has not. Raises Unmappable."""
        values = ((field, self._found(field, fields)) for field in self.stream.all_fields)
        return {field.name: self._value(field, found) for field, found in values if _counts(field, found)}

    def _found(self, field: Field, fields: Mapping[str, object]) -> object:
        """What the row has; None for nothing."""
        columns = self.of(field, fields)
        if len(columns) > 1:
            raise Unmappable(field.name, " and ".join(columns), f"one column, or --map {field.name}=COLUMN")
        found = fields[columns[0]] if columns else None
        return None if found == "" else found

    def _value(self, field: Field, found: object) -> object:
        if found is None and field.nullable:
            return None
        if found is None:
            raise Unmappable(field.name, found, f"a value in column {self.renamed.get(field.name, field.name)!r}")
        if field.kind is Kind.TIME:
            return _seconds(field.name, found, self.zone)
        return _READ[field.kind](field.name, found)


def _counts(field: Field, found: object) -> bool:
    return field.required or found is not None


@lru_cache(maxsize=1_000)
def _plain(name: str) -> str:
    """A name without case, spaces and signs.

    >>> _plain("Local time") == _plain("local_time")
    True
    """
    return "".join(filter(str.isalnum, name)).lower()


def _identifier(name: str, found: object) -> str:
    if isinstance(found, str | int) and not isinstance(found, bool):
        return str(found)
    raise Unmappable(name, found, "text")


def _whole(name: str, found: object) -> int:
    """Whole numbers of any type; a float or decimal without a fraction is one, since files lose the type."""
    if isinstance(found, str | int | float | Decimal) and not isinstance(found, bool):
        try:
            number = int(found) if isinstance(found, str) else found
            if number == int(number):
                return int(number)
        except (ValueError, ArithmeticError):
            pass
    raise Unmappable(name, found, "a whole number")


def _number(name: str, found: object) -> float:
    if isinstance(found, str | int | float | Decimal) and not isinstance(found, bool):
        try:
            number = float(found)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise Unmappable(name, found, "a number")


def _seconds(name: str, found: object, zone: ZoneInfo) -> int | float:
    """Epoch seconds of a number, a time, or a text of either; exact to the microsecond."""
    if isinstance(found, bool):
        raise Unmappable(name, found, "epoch seconds or an ISO time")
    if isinstance(found, int | float):
        return found
    if isinstance(found, Decimal):
        return float(found)
    if isinstance(found, str):
        return _seconds_of_text(name, found, zone)
    if isinstance(found, datetime):
        microseconds = ((found if found.tzinfo else found.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND
        return microseconds / 1_000_000 if microseconds % 1_000_000 else microseconds // 1_000_000
    raise Unmappable(name, found, "epoch seconds or an ISO time")


def _seconds_of_text(name: str, found: str, zone: ZoneInfo) -> int | float:
    for read in (int, float):
        try:
            return read(found)
        except ValueError:
            continue
    try:
        return _seconds(name, datetime.fromisoformat(found.strip()), zone)
    except ValueError:
        raise Unmappable(name, found, "epoch seconds or an ISO time") from None


_READ: dict[Kind, Callable[[str, object], object]] = {
    Kind.INTEGER: _whole, Kind.IDENTIFIER: _identifier, Kind.DECIMAL: _number}
