"""`python -m producers replay FILE`: a file's rows as events."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metering.domain.errors import BadSettings
from metering.domain.stream import Stream
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

_EXAMPLE = """\
example: python -m producers replay calls.csv --map bytes=volume --map timestamp=when --tz Europe/Madrid

Every row is checked before the first is sent: one that makes no event is named with its line, and nothing is
sent (status 2), unless --skip-bad. A row without an event_id gets one made of the file's content and its line,
so that the same file replayed again counts nothing twice; a changed file is another file. A file that a producer
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
    maker = _maker(args, form, settings)
    stop = Stop().listen()

    def messages() -> Iterator[Message]:
        later = (row for row in rows(args.file, form) if row.number > args.skip)
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


def _maker(args: argparse.Namespace, form: str, settings: Settings) -> Maker:
    """What makes messages of rows, as the options want it. Raises BadSettings with every fault."""
    stream = STREAMS.get(args.topic, DEVICES)
    renamed = dict(_pair(text) for text in args.map)
    faults = [*_mapping_faults(stream, renamed, columns(args.file, form)), *_zone_faults(args.tz)]
    if args.raw and form != "jsonl":
        faults.append(f"--raw: want a file of JSON lines, not {form}")
    if faults:
        raise BadSettings(faults)
    if form == "unsent":
        return Unsent()
    if args.raw:
        return Raw(args.topic, stream)
    prefix = None if args.no_event_id else content_id(args.file)
    return Mapped(args.topic, Columns(stream, renamed, ZoneInfo(args.tz)), prefix, settings.max_ahead_s)


def _pair(text: str) -> tuple[str, str]:
    field, _, column = text.partition("=")
    return field, column


def _mapping_faults(stream: Stream, renamed: Mapping[str, str], present: list[str] | None) -> Iterator[str]:
    names = [field.name for field in stream.all_fields]
    for name, column in renamed.items():
        if name not in names:
            yield f"--map {name}={column}: want one of the fields {', '.join(names)}"
        elif not column:
            yield f"--map {name}: want FIELD=COLUMN"
    for field in stream.fields:
        column = renamed.get(field.name, field.name)
        if present is not None and column not in present:
            yield f"{field.name}: no column {column!r}; the file has {', '.join(present)}"


def _zone_faults(name: str) -> list[str]:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return [f"--tz {name!r}: want an IANA name such as Europe/Madrid"]
    return []
