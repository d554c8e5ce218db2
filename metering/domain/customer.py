"""A customer's record: what it holds, and what it may hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from metering.domain.stream import IDENTIFIER

UNKNOWN_LEVEL = "unknown"
"""The level under which plays of unknown customers are summed; no customer may have it."""

LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Customer:
    """A customer of the music service, as its file has it; every field is text. `level`: FREE, SILVER or GOLD."""

    id: str
    name: str
    age: str
    gender: str
    zip: str
    address: str
    sign_date: str
    status: str
    level: str
    campaign: str
    linked_with_apps: str

    @property
    def record(self) -> dict[str, str]:
        """The fields without the id."""
        return {name: value for name, value in asdict(self).items() if name != "id"}


RECORD_FIELDS = tuple(field.name for field in fields(Customer) if field.name != "id")
"""The fields of a record, in the order of the customer file."""


def wanted(name: str, value: str) -> str | None:
    """What a record's field has to be where `value` cannot be it; None where it can.

    >>> wanted("level", "Unknown"), wanted("level", "GOLD"), wanted("campaign", "")
    ('a level, such as FREE, SILVER or GOLD', None, None)
    """
    if name == "level" and (not IDENTIFIER.fullmatch(value) or value.lower() == UNKNOWN_LEVEL):
        return "a level, such as FREE, SILVER or GOLD"
    if len(value) > LONGEST_TEXT or not value.isprintable():
        return f"printable characters, {LONGEST_TEXT} at most"
    return None
