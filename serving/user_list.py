"""A CSV list of users: read and checked as a whole before anything of it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from metering.domain.stream import IDENTIFIER
from serving.csv_file import FOUND_CHARACTERS, numbered_rows, refuse, text_of
from serving.errors import BadInput

MAX_QUOTA = 2**63 - 1


@dataclass(frozen=True)
class User:
    """One line of the list. `quota` is in bytes an hour."""

    id: str
    name: str
    email: str
    quota: int


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True)
class _Column:
    fits: Callable[[str], bool]
    want: str


_COLUMNS = {
    "id": _Column(lambda text: bool(IDENTIFIER.fullmatch(text)), "1–64 of A-Z a-z 0-9 . _ : -"),
    "name": _Column(lambda text: bool(text) and text.isprintable(), "a name in printable characters"),
    "email": _Column(_is_email, "an address such as ana@example.org"),
    "quota": _Column(
        lambda text: bool(re.fullmatch(r"[0-9]{1,19}", text)) and int(text) <= MAX_QUOTA,
        f"whole bytes an hour, 0 … {MAX_QUOTA}"),
}


def read_user_list(raw: bytes) -> list[User]:
    """The users of a CSV file in UTF-8 (a byte order mark and CRLF are fine) with a header in any order.

    Columns that are not ours are ignored, empty lines skipped. Raises BadInput with every faulty line.
    """
    reading = _Reading()
    rows = numbered_rows(text_of(raw), reading.faults)
    places = _places(next(rows, (1, []))[1])
    for line, cells in rows:
        reading.take(line, places, cells)
    refuse(reading.faults)
    return reading.users


class _Reading:
    """What was read so far: users, faults, and the line on which each id and email stood first."""

    def __init__(self) -> None:
        self.users: list[User] = []
        self.faults: list[str] = []
        self._first_line: dict[tuple[str, str], int] = {}

    def take(self, line: int, places: dict[str, int], cells: Sequence[str]) -> None:
        if len(cells) <= max(places.values()):
            self.faults.append(f"line {line}: {len(cells)} cells; want {max(places.values()) + 1} or more")
            return
        found = {name: cells[place].strip() for name, place in places.items()}
        faults = [
            f"line {line}, {name}: {text[:FOUND_CHARACTERS]!r}; want {_COLUMNS[name].want}"
            for name, text in found.items() if not _COLUMNS[name].fits(text)
        ]
        faults += self._repeats(line, found)
        self.faults += faults
        if not faults:
            self.users.append(User(found["id"], found["name"], found["email"], int(found["quota"])))

    def _repeats(self, line: int, found: dict[str, str]) -> Iterator[str]:
        for name in ("id", "email"):
            first = self._first_line.setdefault((name, found[name]), line)
            if first != line:
                yield f"line {line}, {name}: {found[name][:FOUND_CHARACTERS]!r}; want one that line {first} has not"


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each of our columns stands."""
    names = [cell.strip().lower() for cell in header]
    missing = [name for name in _COLUMNS if name not in names]
    twice = [name for name in _COLUMNS if names.count(name) > 1]
    if missing or twice:
        want = "want " + ", ".join(_COLUMNS)
        raise BadInput(
            *(f"line 1, {name}: no such column; {want} once each" for name in missing),
            *(f"line 1, {name}: a column given twice; {want} once each" for name in twice))
    return {name: names.index(name) for name in _COLUMNS}
