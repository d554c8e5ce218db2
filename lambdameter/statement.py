"""`lambdameter statement CUSTOMER PERIOD --to DIR`: a customer's bill with all that it takes to compute it again."""

from __future__ import annotations

import argparse
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from metering import settings
from metering.arrow.archive import Archive
from metering.clock import SystemClock
from metering.domain.errors import BadSettings
from metering.domain.stream import IDENTIFIER
from metering.statement.folder import write_folder
from metering.statement.gather import read_archive_hours, read_books
from metering.store.batch_view import snapshot
from metering.store.rated import Billed
from metering.streams import STREAMS

WANT_PERIOD = "a month such as 2026-11, or a day such as 2026-11-23 (UTC)"


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "statement",
        help="write a customer's bill as a folder that `lambdameter verify` computes again",
        description=(
            "Write a folder with the customer's rated lines and tariffs (statement.json), every raw event they were "
            "counted from (events/*.parquet), a content hash of each archive hour (archive.json) and SHA256SUMS."),
        epilog="example: lambdameter statement acme 2026-11 --to acme-2026-11",
    )
    command.add_argument("customer", metavar="CUSTOMER", help="the id of the tariff's subject: a user, app, company …")
    command.add_argument("period", metavar="PERIOD", help=WANT_PERIOD)
    command.add_argument("--currency", metavar="CODE", default="", help="only lines in this currency (default: all)")
    command.add_argument("--to", metavar="DIR", required=True, help="the folder to write; empty, or of a statement")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the folder and say what is in it; the same again replaces it. Raises BadSettings for bad arguments."""
    billed = read_arguments(options.customer, options.period, options.currency)
    chosen = settings.load("database", "archive")
    with snapshot(chosen.database_url, "statement") as cursor:
        books = read_books(cursor, billed, SystemClock().now())
    content, events = read_archive_hours(Archive(chosen.archive), books, STREAMS)
    write_folder(Path(options.to), books.statement, content, events)
    lines, rows = books.statement.lines, sum(table.num_rows for table in events.values())
    sums = ", ".join(f"{total:f} {currency}" for currency, total in sorted(books.statement.totals.items()))
    print(f"written: {options.to}: {len(lines)} lines, {sums}; {rows} events; "
          f"content hashes of {len(content.hours)} hours, {sum(hour.rows for hour in content.hours)} rows")
    if any(line.provisional for line in lines):
        print("provisional: an hour of it is not final yet, so the bill may change")
    return 0


def read_arguments(customer: str, period: str, currency: str = "") -> Billed:
    """What is asked for. Raises BadSettings with every fault."""
    faults = [
        f"{name}={text!r}: want 1–64 of A-Z a-z 0-9 . _ : -"
        for name, text in (("CUSTOMER", customer), ("--currency", currency or "EUR")) if not IDENTIFIER.fullmatch(text)]
    days = _days(period)
    if days is None:
        faults.append(f"PERIOD={period!r}: want {WANT_PERIOD}")
    if faults or days is None:
        raise BadSettings(faults)
    return Billed(customer, *days, currency)


def _days(period: str) -> tuple[date, date] | None:
    """The half-open days that a period means; None where it means none.

    >>> _days("2026-12"), _days("2026-02-30")
    ((datetime.date(2026, 12, 1), datetime.date(2027, 1, 1)), None)
    """
    try:
        if re.fullmatch(r"\d{4}-\d\d", period, re.ASCII):
            first = date.fromisoformat(f"{period}-01")
            return first, (first + timedelta(days=31)).replace(day=1)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", period, re.ASCII):
            return date.fromisoformat(period), date.fromisoformat(period) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return None
