"""A CSV list of customers, with a header or without: read and checked as a whole before anything of it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metering.domain.customer import RECORD_FIELDS, Customer, wanted
from metering.domain.stream import IDENTIFIER
from metering.redis.keys import is_reserved
from serving.csv_file import FOUND_CHARACTERS, numbered_rows, refuse, text_of

_COLUMNS = ("id", *RECORD_FIELDS)
_NAMES_OF_THE_ID = {"customer_id": "id", "cust_id": "id", "custid": "id", "customerid": "id", "customer": "id"}
_LEVELS = ("FREE", "SILVER", "GOLD")


@dataclass(frozen=True)
class _Layout:
    """Where each of our columns stands, and how many cells a row has."""

    places: dict[str, int]
    cells: int


_WITHOUT_HEADER = _Layout({name: place for place, name in enumerate(_COLUMNS)}, len(_COLUMNS))


def read_customer_list(raw: bytes) -> list[Customer]:
    """The customers of a CSV file in UTF-8 (a byte order mark and CRLF are fine).

    Without a header the columns stand in the order of the record, the id first; under one in any order, beside
    others that are ignored. Empty lines are skipped. Raises BadInput with every faulty line.
    """
    reading = _Reading()
    layout = None
    for line, cells in numbered_rows(text_of(raw), reading.faults):
        if layout is None:
            layout = _header(line, cells) or _WITHOUT_HEADER
            if layout is not _WITHOUT_HEADER:
                continue
        reading.take(line, layout, cells)
    refuse(reading.faults)
    return reading.customers


class _Reading:
    """What was read so far: customers, faults, and the line on which each id stood first."""

    def __init__(self) -> None:
        self.customers: list[Customer] = []
        self.faults: list[str] = []
        self._first_line: dict[str, int] = {}

    def take(self, line: int, layout: _Layout, cells: Sequence[str]) -> None:
        if len(cells) != layout.cells:
            # A comma in an address without quotes moves all that follows it by one column.
            self.faults.append(f"line {line}: {len(cells)} cells; want {layout.cells}")
            return
        found = {name: cells[place].strip() for name, place in layout.places.items()}
        found["level"] = _level(found["level"])
        faults = [
            f"line {line}, {name}: {text[:FOUND_CHARACTERS]!r}; want {want}"
            for name, text in found.items() if (want := _wanted(name, text))
        ]
        faults += self._repeats(line, found["id"])
        self.faults += faults
        if not faults:
            self.customers.append(Customer(**found))

    def _repeats(self, line: int, customer: str) -> Iterator[str]:
        first = self._first_line.setdefault(customer, line)
        if first != line:
            yield f"line {line}, id: {customer[:FOUND_CHARACTERS]!r}; want one that line {first} has not"


def _wanted(name: str, text: str) -> str | None:
    """What a cell has to be where it is not; None where it is."""
    if name == "id":
        if not IDENTIFIER.fullmatch(text):
            return "1–64 of A-Z a-z 0-9 . _ : -"
        return "one that is no name of our own keys in Redis" if is_reserved(text) else None
    if name == "age" and not re.fullmatch("[0-9]{0,3}", text):
        return "whole years, or nothing"
    return wanted(name, text)


def _level(text: str) -> str:
    """The level; the three that are known count in any case."""
    return text.upper() if text.upper() in _LEVELS else text


def _header(line: int, cells: Sequence[str]) -> _Layout | None:
    """Where the columns stand if most of our names are in this row; None if it is no header. Raises BadInput."""
    names = [_name(cell) for cell in cells]
    if 2 * len(set(names) & set(_COLUMNS)) < len(_COLUMNS):
        return None
    want = "want " + ", ".join(_COLUMNS)
    refuse([
        *(f"line {line}, {name}: no such column; {want} once each" for name in _COLUMNS if name not in names),
        *(f"line {line}, {name}: a column given twice; {want} once each" for name in _COLUMNS if names.count(name) > 1),
    ])
    return _Layout({name: names.index(name) for name in _COLUMNS}, len(cells))


def _name(cell: str) -> str:
    """A header's cell as a column's name: `Sign Date` and `sign-date` are sign_date."""
    name = re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")
    return _NAMES_OF_THE_ID.get(name, name)
