"""`lambdameter verify DIR`: compute a statement again from its folder alone, and look for its events in an archive."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from metering.arrow.archive import Archive
from metering.arrow.schemas import archive_schema, event_schema
from metering.domain.errors import BadSettings, Damaged
from metering.statement.archive_check import Looked, Mine, check_archive
from metering.statement.document import ArchiveContent, Statement, Unreadable
from metering.statement.folder import Difference, check_sums, open_folder, read_events
from metering.statement.recompute import recompute
from metering.streams import STREAMS
from metering.streams.subjects import fields_of

SHOWN = 20
"""Differences that are printed one by one."""


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "verify",
        help="compute a statement again from its folder; exit status 4 where anything differs",
        description=(
            "Check the folder's SHA-256, count its events again, price them by its tariffs and compare every hour, "
            "line and total; no database, no network. With --archive also: each event stands in the archive, the "
            "archive holds no other event of the customer, and its hours have the content hashes stated."),
        epilog="example: lambdameter verify acme-2026-11 --archive .lambdameter/archive",
    )
    command.add_argument("folder", metavar="DIR", help="a folder that `lambdameter statement` wrote")
    command.add_argument("--archive", metavar="URI", help="a path or URI of the archive, or of a copy of it")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say `equal`, or every place where it is not. Raises BadSettings where there is nothing to verify."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise BadSettings([f"DIR={options.folder!r}: is no folder; want one that `lambdameter statement` wrote"])
    archive = _archive(options.archive) if options.archive else None
    looked, said = Looked(), _Said()
    try:
        for difference in _differences(folder, archive, looked, said):
            said.say(difference)
    except Unreadable as error:
        said.say(Difference(error.place, f"want {error.want}"))
    if said.count:
        raise Damaged(f"not equal: {said.count} differences")
    print(said.equal)
    if archive:
        later = f"; {looked.later} rows came after the statement and are not looked at" if looked.later else ""
        print(f"archive: equal: {looked.hours} hours, {looked.rows} rows, every event in its place{later}")
    return 0


class _Said:
    """What has been printed: the differences, of many the first."""

    def __init__(self) -> None:
        self.count, self.equal = 0, ""

    def say(self, difference: Difference) -> None:
        self.count += 1
        if self.count <= SHOWN:
            print(difference)
        elif self.count == SHOWN + 1:
            print("…")


def _archive(root: str) -> Archive:
    if "://" not in root and not Path(root).is_dir():
        raise BadSettings([f"--archive={root!r}: is no folder; want the archive's, or a URI"])
    return Archive(root)


def _differences(folder: Path, archive: Archive | None, looked: Looked, said: _Said) -> Iterator[Difference]:
    statement, content = open_folder(folder)
    yield from check_sums(folder)
    _refuse_unknown(content)
    events = {topic: read_events(folder, STREAMS[topic]) for topic in content.columns}
    yield from recompute(statement, content, events, STREAMS)
    said.equal = _equal(statement, events)
    if archive:
        subjects = {line.subject for line in statement.lines}
        mine = {
            topic: Mine(statement.customer, fields_of(topic, subjects), rows, statement.hours)
            for topic, rows in events.items()}
        yield from check_archive(archive, content, STREAMS, mine, looked)


def _refuse_unknown(content: ArchiveContent) -> None:
    """A topic that is none of ours, or a fingerprint that leaves out what an event says. Raises Unreadable."""
    for topic, columns in content.columns.items():
        if topic not in STREAMS:
            raise Unreadable(f"archive.json, columns, {topic}", f"one of {', '.join(STREAMS)}")
        wanted, known = event_schema(STREAMS[topic]).names, archive_schema(STREAMS[topic]).names
        if not set(wanted) <= set(columns) <= set(known):
            raise Unreadable(f"archive.json, columns, {topic}", f"{', '.join(wanted)} among them, and no others")


def _equal(statement: Statement, events: dict[str, pa.Table]) -> str:
    sums = ", ".join(f"{total:f} {currency}" for currency, total in sorted(statement.totals.items()))
    hours = sum(len(line.hours) for line in statement.lines)
    rows = sum(table.num_rows for table in events.values())
    return f"equal: {statement.customer}: {len(statement.lines)} lines, {hours} hours, {rows} events, {sums}"
