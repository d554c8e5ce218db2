"""The documents are read as they were written; what cannot be read is named with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metering.statement.document import Unreadable
from metering.statement.written import archive_json, read_archive, read_statement, statement_json
from tests.unit.metering.statement.statements import CONTENT, invoice, statement


def test_a_statement_is_read_as_it_was_written() -> None:
    made = statement(invoices=(invoice("INV-000001", "invoice", "0.10"),))

    assert read_statement(statement_json(made)) == made
    assert statement_json(read_statement(statement_json(made))) == statement_json(made)


def test_what_the_archive_held_is_read_as_it_was_written() -> None:
    assert read_archive(archive_json(CONTENT)) == CONTENT


@pytest.mark.parametrize(("path", "value", "place"), [
    (("format",), 2, "statement.json, format"),
    (("start",), "March", "statement.json, start"),
    (("customer",), 7, "statement.json, customer"),
    (("lines",), {}, "statement.json, lines"),
    (("lines", 0, "amount"), 0.1, "statement.json, lines[0], amount"),
    (("lines", 0, "amount"), "NaN", "statement.json, lines[0], amount"),
    (("lines", 0, "valid_from"), "2026-01-01T00:00:00", "statement.json, lines[0], valid_from"),
    (("lines", 0, "hours", 1, "revision"), True, "statement.json, lines[0], hours[1], revision"),
    (("tariffs", 0, "spec"), "x", "statement.json, tariffs[0], spec"),
    (("totals", "EUR"), "0.11", "statement.json, totals, EUR"),
])
def test_what_cannot_be_read_is_named_with_its_place(path: tuple[Any, ...], value: Any, place: str) -> None:
    content = json.loads(statement_json(statement()))
    part = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    with pytest.raises(Unreadable) as error:
        read_statement(json.dumps(content))

    assert error.value.place == place


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "[" * 100_000])
def test_what_is_no_document_is_named(text: str) -> None:
    with pytest.raises(Unreadable, match=r"statement\.json"):
        read_statement(text)
    with pytest.raises(Unreadable, match=r"archive\.json"):
        read_archive(text)
