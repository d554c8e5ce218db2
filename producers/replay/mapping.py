"""From a row's columns to the fields of a stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from metering.domain.stream import EVENT_ID, Field, Kind, Stream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unmappable(Exception):
    """A row that makes no event: the field, what was found and what is wanted."""

    def __init__(self, field: str, found: object, want: str) -> None:
        shown = "nothing" if found is None or found == "" else repr(found)[:80]
        super().__init__(f"{field}: found {shown}, want {want}")


@dataclass(frozen=True)
class Columns:
    """Which column each field is taken from, its own name unless said; naive times are in `zone`."""

    stream: Stream
    renamed: Mapping[str, str]
    zone: ZoneInfo

    def of(self, field: str) -> str:
        return self.renamed.get(field, field)

    def event(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The event of a row, without an event_id where the row has none. Raises Unmappable."""
        event = {field.name: self._value(field, fields) for field in self.stream.fields}
        event_id = fields.get(self.of(EVENT_ID))
        if event_id is not None and event_id != "":
            event[EVENT_ID] = _identifier(EVENT_ID, event_id)
        return event

    def _value(self, field: Field, fields: Mapping[str, object]) -> object:
        found = fields.get(self.of(field.name))
        if found is None or found == "":
            raise Unmappable(field.name, found, f"a value in column {self.of(field.name)!r}")
        if field.kind is Kind.TIME:
            return _seconds(field.name, found, self.zone)
        return _READ[field.kind](field.name, found)


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


_READ: dict[Kind, Callable[[str, object], object]] = {Kind.INTEGER: _whole, Kind.IDENTIFIER: _identifier}
