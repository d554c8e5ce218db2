"""The two documents as JSON, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metering.statement.document import (
    FORMAT,
    ArchiveContent,
    ArchiveHour,
    BilledHour,
    BilledInvoice,
    BilledLine,
    BilledTariff,
    KnownFile,
    Part,
    Statement,
    Unreadable,
    instant_text,
)

STATEMENT, ARCHIVE = "statement.json", "archive.json"


def statement_json(statement: Statement) -> str:
    """The text of `statement.json`; the same statement gives the same text."""
    totals = {currency: f"{total:f}" for currency, total in sorted(statement.totals.items())}
    return _json({"format": FORMAT, **asdict(statement), "totals": totals})


def archive_json(content: ArchiveContent) -> str:
    """The text of `archive.json`."""
    return _json({"format": FORMAT, **asdict(content)})


def read_statement(text: str) -> Statement:
    """Raises Unreadable with the place in the file."""
    top = _top(STATEMENT, text)
    statement = Statement(
        customer=top.text("customer"), start=top.day("start"), end=top.day("end"), currency=top.text("currency"),
        made_at=top.time("made_at"), lines=tuple(map(_line, top.parts("lines"))),
        tariffs=tuple(map(_tariff, top.parts("tariffs"))), invoices=tuple(map(_invoice, top.parts("invoices"))))
    stated = Part(f"{STATEMENT}, totals", top.take("totals", dict, "an object"))
    for currency, total in statement.totals.items():
        if stated.number(currency) != total:
            raise Unreadable(f"{STATEMENT}, totals, {currency}", f"{total}, the sum of the lines")
    return statement


def read_archive(text: str) -> ArchiveContent:
    """Raises Unreadable with the place in the file."""
    top = _top(ARCHIVE, text)
    columns = top.take("columns", _columns, "the columns of each topic")
    return ArchiveContent(columns, tuple(map(_hour_content, top.parts("hours"))))


def _top(name: str, text: str) -> Part:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(name, f"JSON ({error})") from error
    if not isinstance(found, dict):
        raise Unreadable(name, "a JSON object")
    if found.get("format") != FORMAT:
        raise Unreadable(f"{name}, format", f"{FORMAT}; found {found.get('format')!r}")
    return Part(name, found)


def _line(part: Part) -> BilledLine:
    return BilledLine(
        tariff=part.text("tariff"), valid_from=part.time("valid_from"), period=part.day("period"),
        period_end=part.day("period_end"), subject=part.text("subject"), currency=part.text("currency"),
        quantity=part.number("quantity"), fixed=part.number("fixed"), rounding=part.number("rounding"),
        amount=part.number("amount"), provisional=part.take("provisional", bool, "true or false"),
        hours=tuple(map(_hour, part.parts("hours"))))


def _hour(part: Part) -> BilledHour:
    return BilledHour(part.time("hour"), part.number("quantity"), part.number("amount"), part.whole("revision"))


def _tariff(part: Part) -> BilledTariff:
    return BilledTariff(
        part.text("name"), part.time("valid_from"), part.text("sha256"), part.take("spec", dict, "an object"))


def _invoice(part: Part) -> BilledInvoice:
    return BilledInvoice(
        part.text("number"), part.text("kind"), part.day("period"), part.day("period_end"), part.text("currency"),
        part.number("total"))


def _hour_content(part: Part) -> ArchiveHour:
    return ArchiveHour(
        part.text("topic"), part.time("hour"), part.whole("rows"), part.text("content"),
        part.take("last_offsets", _offsets, "the last offset of each partition"),
        tuple(KnownFile(one.text("path"), one.whole("rows"), one.text("sha256")) for one in part.parts("files")))


def _offsets(found: dict[str, int]) -> dict[int, int]:
    return {int(partition): int(last) for partition, last in found.items()}


def _columns(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {topic: [str(name) for name in names] for topic, names in found.items()}


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
