"""What a mapping or a TOML text tells, read with every fault noted: which part, what was found, what is wanted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from metering.domain.errors import BadSettings
from metering.domain.stream import IDENTIFIER

_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,12})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def number_text(number: Decimal) -> str:
    """A number of a tariff as text, one way only.

    >>> number_text(Decimal("10.50")), number_text(Decimal("1E+3")), number_text(Decimal("0.00"))
    ('10.5', '1000', '0')
    """
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def told_versions(text: str, names: Sequence[str], faults: list[str]) -> list[Told]:
    """The tables `[[version]]` of a TOML text, numbered from 1 in the faults. Raises BadSettings if it is no TOML."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"not TOML ({error})"]) from error
    faults.extend(f"{key!r} is not known: want [[version]]" for key in content if key != "version")
    found = content.get("version", [])
    tables = [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []
    if not tables:
        faults.append("no version: want at least one [[version]]")
    return [Told(table, names, f"version {number}: ", faults) for number, table in enumerate(tables, 1)]


class Told:
    """Reads the parts of one table. A faulty part is noted in `faults` and stands as None until it is looked at."""

    def __init__(
        self, found: Mapping[str, Any], names: Sequence[str], where: str = "", faults: list[str] | None = None
    ) -> None:
        self.found, self._where = found, where
        self.faults: list[str] = [] if faults is None else faults
        for name in found:
            if name not in names:
                self.faults.append(f"{where}{name!r} is not known: want {', '.join(names)}")

    def fault(self, name: str, want: str) -> None:
        said = repr(self.found[name])[:80] if name in self.found else "nothing"
        self.faults.append(f"{self._where}{name} is {said}: want {want}")

    def identifier(self, name: str) -> Any:
        found = self.found.get(name)
        if isinstance(found, str) and IDENTIFIER.fullmatch(found):
            return found
        return self.fault(name, "an identifier: up to 64 letters, digits and . _ : -")

    def identifiers(self, name: str) -> tuple[str, ...]:
        """A list of identifiers, each once, in order."""
        found = self.found.get(name)
        if isinstance(found, list) and found and all(
                isinstance(one, str) and IDENTIFIER.fullmatch(one) for one in found):
            return tuple(sorted(set(found)))
        self.fault(name, '["*"], or a list of identifiers')
        return ()

    def moment(self, name: str) -> Any:
        """A date (its midnight, UTC), or a time with its zone."""
        found = _moment(self.found.get(name))
        if found is None:
            return self.fault(name, "a date, or a time with its zone, such as 2020-01-01 or 2020-01-01T00:00:00Z")
        return found

    def full_hour(self, name: str) -> Any:
        """A moment on the full hour."""
        found = _moment(self.found.get(name))
        if found is None or (found.minute, found.second, found.microsecond) != (0, 0, 0):
            return self.fault(name, "a date, or a time with its zone on the full hour, such as 2026-01-01T00:00:00Z")
        return found

    def one_of(self, name: str, words: Sequence[str], default: str | None = None) -> Any:
        found = self.found.get(name, default)
        if isinstance(found, str) and found in words:
            return found
        return self.fault(name, " or ".join(words))

    def currency(self, name: str) -> Any:
        found = self.found.get(name)
        if isinstance(found, str) and _CURRENCY.fullmatch(found):
            return found
        return self.fault(name, 'three capital letters, such as "EUR"')

    def number(self, name: str, default: str | None = None, *, above_0: bool = False) -> Any:
        found = self.found.get(name, default)
        number = Decimal(found) if isinstance(found, str) and _NUMBER.fullmatch(found) else None
        if number is None or (above_0 and not number):
            least = "above 0" if above_0 else "of 0 or more"
            return self.fault(name, f'a number {least} in quotes, at most 12 decimals, such as "0.05"')
        return number

    def whole(self, name: str, default: int, *, most: int) -> int:
        found = self.found.get(name, default)
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= most:
            return found
        self.fault(name, f"a whole number from 0 to {most}")
        return default

    def inner(self, name: str, names: Sequence[str], *, optional: bool = False) -> Told:
        """The table inside; an empty one where it is not there or is none."""
        found = self.found.get(name, {} if optional else None)
        if not isinstance(found, dict):
            self.fault(name, "a table")
            return Told({}, names, faults=[])
        return Told(found, names, f"{self._where}{name}.", self.faults)

    def tables(self, name: str, names: Sequence[str]) -> list[Told]:
        found = self.found.get(name)
        if not (isinstance(found, list) and found and all(isinstance(one, dict) for one in found)):
            self.fault(name, "a list of at least one table")
            return []
        return [Told(one, names, f"{self._where}{name}[{number}].", self.faults)
                for number, one in enumerate(found, 1)]


def _moment(found: object) -> datetime | None:
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError:
            return None
    if isinstance(found, datetime):
        return found.astimezone(UTC) if found.tzinfo else None
    return datetime.combine(found, time(), UTC) if isinstance(found, date) else None
