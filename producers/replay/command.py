"""`python -m producers replay FILE`: a file's rows as events."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

from metering.domain.errors import BadSettings
from metering.domain.stream import EVENT_ID, Stream
from metering.settings import Settings
from metering.streams import STREAMS
from metering.streams.devices import DEVICES
from metering.telemetry import Log
from producers import options
from producers.replay.mapping import Columns
from producers.replay.messages import Maker, Mapped, Message, Raw, Unsent, content_id
from producers.replay.readers import FORMATS, columns, format_of, rows
from producers.replay.rounds import check, send
from producers.stop import Stop
from producers.times import zone_faults

_EXAMPLE = """\
example: python -m producers replay calls.csv --map bytes=volume --map timestamp=when --tz Europe/Madrid
         python -m producers replay tracks.csv --topic listens --tz America/New_York --no-header

Every row is checked before the first is sent: one that makes no event is named with its line, and nothing is
sent (status 2), unless --skip-bad. A row without an event_id gets one made of the file's content and its line,
so that the same file replayed again counts nothing twice; a changed file is another file. A column is found by the
field's name or another declared one, whatever its case, spaces and signs; spaces around a CSV value are dropped. A
local time that a clock shows twice is the first of the two; one that it leaves out is read by the offset before the
change (02:30 is half past the change). A file that a producer
kept because Kafka was away (unsent.jsonl) is recognised and sent byte for byte."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "replay", help="a JSONL, CSV or Parquet file", epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", choices=FORMATS, help="default: by the file's ending")
    parser.add_argument(
        "--map", action="append", default=[], metavar="FIELD=COLUMN", help="take a field from another column")
    parser.add_argument(
        "--columns", metavar="A,B,…", help="names of the columns of a CSV file without a header line")
    parser.add_argument(
        "--no-header", action="store_true",
        help="a CSV file without a header line: event_id, then the stream's fields as declared, unless --columns")
    parser.add_argument(
        "--tz", default="UTC", metavar="ZONE", help="zone of times that name none (default: %(default)s)")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out all up to line N")
    parser.add_argument("--skip-bad", action="store_true", help="send the others where rows make no event")
    parser.add_argument(
        "--raw", action="store_true", help="send JSON lines as they are; bad ones become dead letters")
    parser.add_argument(
        "--no-event-id", action="store_true", help="make no event_id: each replay counts once more")
    options.add_sending_options(parser, DEVICES.topic)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Check the file, then send it. Raises BadSettings, ServiceAway."""
    log = Log("replay")
    settings = options.read_settings(args)
    form = format_of(args.file, args.format)
    named = _named(args)
    maker = _maker(args, form, named, settings)
    stop = Stop().listen()

    def messages() -> Iterator[Message]:
        later = (row for row in rows(args.file, form, named) if row.number > args.skip)
        return takewhile(lambda message: not stop.asked, map(maker.message, later))

    total = check(args.file, messages(), log, skip_bad=args.skip_bad)
    if stop.asked:
        return
    delivery = options.deliver(args, options.connect(args, settings), stop, log)
    last = send(messages(), delivery, total)
    outcome = delivery.finish()
    if last and (stop.asked or outcome.failed):
        log.info("ended early", go_on_with=f"--skip {last}")
    outcome.tell(log)


def _stream(args: argparse.Namespace) -> Stream:
    return STREAMS.get(args.topic, DEVICES)


def _named(args: argparse.Namespace) -> list[str] | None:
    """The columns of a file without a header; None: the file names them."""
    if args.columns is not None:
        return [name.strip() for name in args.columns.split(",")]
    return [EVENT_ID, *(field.name for field in _stream(args).fields)] if args.no_header else None


def _maker(args: argparse.Namespace, form: str, named: list[str] | None, settings: Settings) -> Maker:
    """What makes messages of rows, as the options want it. Raises BadSettings with every fault."""
    stream = _stream(args)
    renamed = dict(_pair(text) for text in args.map)
    zone = zone_faults(args.tz)
    mapped = Columns(stream, renamed, ZoneInfo("UTC" if zone else args.tz))
    faults = [*_mapping_faults(mapped), *_column_faults(mapped, columns(args.file, form, named)), *zone]
    if named is not None and form != "csv":
        faults.append(f"{'--no-header' if args.columns is None else '--columns'}: want a CSV file, not {form}")
    if args.raw and form != "jsonl":
        faults.append(f"--raw: want a file of JSON lines, not {form}")
    if faults:
        raise BadSettings(faults)
    if form == "unsent":
        return Unsent()
    if args.raw:
        return Raw(args.topic, stream)
    prefix = None if args.no_event_id else content_id(args.file)
    return Mapped(args.topic, mapped, prefix, settings.max_ahead_s)


def _pair(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    return field, column


def _mapping_faults(mapped: Columns) -> Iterator[str]:
    names = [field.name for field in mapped.stream.all_fields]
    for name, column in mapped.renamed.items():
        if name not in names:
            yield f"--map {name}={column}: want one of the fields {', '.join(names)}"
        elif not column:
            yield f"--map {name}: want FIELD=COLUMN"


def _column_faults(mapped: Columns, present: list[str] | None) -> Iterator[str]:
    """Fields that no column can be told for; `present` None: each row names its own."""
    if present is None:
        return
    for field in mapped.stream.all_fields:
        found = mapped.of(field, present)
        if len(found) > 1:
            yield f"{field.name}: columns {', '.join(map(repr, found))}; want one, or --map {field.name}=COLUMN"
        elif not found and (field.required or field.name in mapped.renamed):
            column = mapped.renamed.get(field.name, field.name)
            yield f"{field.name}: no column {column!r}; the file has {', '.join(present)} (no header? --no-header)"
