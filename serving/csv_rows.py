"""Rows of a question as lines of CSV: a column a field, in the row's own order."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo


def columns_of(row: type) -> list[str]:
    """The head, of a dataclass."""
    return [field.name for field in fields(row)]


def row_cells(row: Any, zone: ZoneInfo) -> list[object]:
    """Its cells; times in the zone, a mark by its word."""
    return [_cell(getattr(row, name), zone) for name in columns_of(type(row))]


def _cell(value: Any, zone: ZoneInfo) -> object:
    if isinstance(value, datetime):
        return value.astimezone(zone)
    return value.value if isinstance(value, Enum) else value
