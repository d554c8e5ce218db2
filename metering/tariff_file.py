"""The tariff of machines as `machine_tariff.toml` in the folder of settings says it; all its faults at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from metering.domain.errors import BadSettings
from metering.domain.tariff import Tariff, TariffVersion, Unit

FILE_NAME = "machine_tariff.toml"

Value = TypeVar("Value")

_CURRENCY = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def load_tariff(conf: Path) -> Tariff:
    """The tariff of the folder `conf`; a folder without the file has no prices.

    Raises BadSettings with every fault. Reading again gives the same.
    """
    path = conf / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Tariff()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: cannot be read ({error})"]) from error
    return read_tariff(text, str(path))


def read_tariff(text: str, path: str = FILE_NAME) -> Tariff:
    """The tariff that the text of a file says. Raises BadSettings with every fault, each beginning with `path`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"{path}: not TOML ({error})"]) from error
    faults: list[str] = []
    versions = [
        _version(table, faults, f"version {number}") for number, table in enumerate(_tables(content, faults), 1)]
    faults.extend(_order_faults([version.valid_from for version in versions if version]))
    if faults:
        raise BadSettings([f"{path}: {fault}" for fault in faults])
    return Tariff(tuple(version for version in versions if version))


def _tables(content: dict[str, Any], faults: list[str]) -> list[dict[str, Any]]:
    faults.extend(f"{key!r} is not known: want [[version]]" for key in content if key != "version")
    found = content.get("version", [])
    tables = [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []
    if not tables:
        faults.append("no version: want at least one [[version]]")
    return tables


def _version(table: dict[str, Any], faults: list[str], where: str) -> TariffVersion | None:
    """One version, or None where any part of it is faulty."""
    before = len(faults)
    faults.extend(f"{where}: {key!r} is not known: want {', '.join(_PARTS)}" for key in table if key not in _PARTS)
    parts: dict[str, Any] = {}
    for key, (read, want) in _PARTS.items():
        try:
            parts[key] = read(table.get(key))
        except ValueError:
            found = f"{table[key]!r}" if key in table else "nothing"
            faults.append(f"{where}: {key} is {found}: want {want}")
    return TariffVersion(**parts) if len(faults) == before else None


def _moment(found: object) -> datetime:
    if isinstance(found, datetime):
        if found.tzinfo is None:
            raise ValueError(found)
        return found.astimezone(UTC)
    if isinstance(found, date):
        return datetime.combine(found, time(), UTC)
    raise ValueError(found)


def _currency(found: object) -> str:
    return _matching(_CURRENCY, found)


def _rate(found: object) -> Decimal:
    return Decimal(_matching(_RATE, found))


def _matching(pattern: re.Pattern[str], found: object) -> str:
    if not (isinstance(found, str) and pattern.fullmatch(found)):
        raise ValueError(found)
    return found


_A_RATE = 'a rate of 0 or more in quotes, such as "0.05"'

_PARTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "valid_from": (_moment, "a date, or a time with its zone, such as 2020-01-01 or 2020-01-01T00:00:00Z"),
    "currency": (_currency, 'three capital letters, such as "EUR"'),
    "unit": (Unit, " or ".join(f'"{unit.value}"' for unit in Unit)),
    "cpu": (_rate, _A_RATE),
    "memory": (_rate, _A_RATE),
}


def _order_faults(moments: list[datetime]) -> list[str]:
    """Versions that begin at the same time, or before the one above them."""
    faults = []
    for earlier, later in pairwise(moments):
        if later == earlier:
            faults.append(f"valid_from {later:%Y-%m-%dT%H:%MZ} stands twice: want one version a time")
        elif later < earlier:
            faults.append(
                f"valid_from {later:%Y-%m-%dT%H:%MZ} stands after {earlier:%Y-%m-%dT%H:%MZ}: want the earliest first")
    return faults
