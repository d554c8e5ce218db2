"""A customer's record: the fields that a play gets, and what they may hold."""

from __future__ import annotations

import pytest

from metering.domain.customer import RECORD_FIELDS, UNKNOWN_LEVEL, Customer, wanted
from metering.streams import listens

ANA = Customer("c1", "Ana", "31", "F", "80302", "1 Main St", "2013-02-17", "1", "GOLD", "3", "1")


def test_a_record_has_the_fields_that_the_stream_adds_to_a_play() -> None:
    assert tuple(field.name for field in listens.LISTENS.added)[: len(RECORD_FIELDS)] == RECORD_FIELDS
    assert tuple(ANA.record) == RECORD_FIELDS
    assert next(field.default for field in listens.LISTENS.added if field.name == "level") == UNKNOWN_LEVEL


@pytest.mark.parametrize("value", ["", "Ana Pérez", "東京", "=1+1", "x" * 1000])
def test_any_printable_text_may_stand_in_a_field(value: str) -> None:
    assert wanted("name", value) is None


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "\x1b[31m", "\u202eabc", "\ud800", "x" * 1001])
def test_what_a_table_or_a_page_cannot_show_may_not(value: str) -> None:
    assert wanted("name", value) == "printable characters, 1000 at most"


@pytest.mark.parametrize("level", ["", " ", "unknown", "Unknown", "a level", "GOLD\n", "x" * 65])
def test_a_level_is_a_name_and_never_that_of_the_unknown(level: str) -> None:
    assert wanted("level", level) == "a level, such as FREE, SILVER or GOLD"


@pytest.mark.parametrize("level", ["FREE", "SILVER", "GOLD", "0", "family.plan"])
def test_other_levels_than_the_three_are_taken(level: str) -> None:
    assert wanted("level", level) is None
