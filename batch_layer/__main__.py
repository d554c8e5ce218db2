"""`python -m batch_layer`: the hourly job. `repair` restores damaged files, `vacuum` removes files that count for
nothing, `mapreduce` counts again, `wordcount` counts the words of a file."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from batch_layer.command import Command
from batch_layer.mapreduce.command import mapreduce, question
from batch_layer.mapreduce.lines import ARCHIVE, SOURCES
from batch_layer.mapreduce.runners import INLINE, RUNNERS, SPARK
from batch_layer.repair.command import Repair
from batch_layer.wordcount.command import RUNNERS as WORDCOUNT_RUNNERS
from batch_layer.wordcount.command import wordcount
from metering.domain.errors import BadSettings, LambdameterError
from metering.settings import load
from metering.streams import STREAMS
from metering.telemetry import Log, start_logging

LOG = Log("batch_layer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit status."""
    asked = _parser().parse_args(arguments)
    start_logging()
    try:
        return _ACTIONS.get(asked.action, _run)(asked)
    except KeyboardInterrupt:
        LOG.info("stopped; what was published is kept, the rest is done by the next run")
        return 0
    except BadSettings as error:
        for fault in error.faults:
            LOG.error(fault)
        return error.exit_status
    except LambdameterError as error:
        LOG.error(str(error))
        return error.exit_status


def _run(asked: argparse.Namespace) -> int:
    settings = load("kafka", "database", "archive")
    start_logging(settings.log_format)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    command = Command(settings, stopping, [STREAMS[name] for name in asked.stream or STREAMS])
    if asked.action == "vacuum":
        return command.vacuum()
    return command.every(asked.every) if asked.every else command.once(asked.hour)


def _repair(asked: argparse.Namespace) -> int:
    settings = load("kafka", "database", "archive")
    start_logging(settings.log_format)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    repair = Repair(settings, stopping, every_byte=asked.every_byte, dry_run=asked.dry_run)
    return repair.run([STREAMS[name] for name in asked.stream or STREAMS])


def _compare(asked: argparse.Namespace) -> int:
    settings = load("database", "archive")
    start_logging(settings.log_format)
    return mapreduce(settings, question(
        day=asked.day, stream=asked.stream, rollup=asked.rollup, source=asked.source, runner=asked.runner))


def _count_words(asked: argparse.Namespace) -> int:
    settings = load()
    start_logging(settings.log_format)
    return wordcount(settings, asked.file, asked.runner)


_ACTIONS = {"repair": _repair, "mapreduce": _compare, "wordcount": _count_words}


def _hour(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: want an hour in UTC, such as 2021-02-19T21") from None


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: want a day in UTC, such as 2026-11-24") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m batch_layer",
        description="Seal, recount, prove and publish all touched hours; make settled hours final; compact.",
        epilog="example: python -m batch_layer --hour 2021-02-19T21",
    )
    _add_run_options(parser, unset=None)
    actions = parser.add_subparsers(dest="action", metavar="run, repair, vacuum, mapreduce or wordcount")
    # Unset here must not undo what stands before the action.
    _add_run_options(actions.add_parser("run", help="what it does without an action"), unset=argparse.SUPPRESS)
    actions.add_parser("vacuum", help="remove archive files that no row lists")
    _add_repair(actions)
    _add_mapreduce(actions)
    _add_wordcount(actions)
    return parser


def _add_repair(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "repair", help="restore listed files that are missing or damaged, from Kafka",
        description="Name the listed files that are missing or damaged, read their offsets from Kafka again and "
        "restore them. Status 4 where one stays damaged.",
        epilog="example: python -m batch_layer repair --all --dry-run")
    parser.add_argument("--dry-run", action="store_true", help="name them, say what Kafka still has, change nothing")
    parser.add_argument("--all", action="store_true", dest="every_byte",
                        help="compare every byte of every file; else only those of hours that failed, and of the "
                             "others size and footer")
    parser.add_argument("--stream", action="append", choices=sorted(STREAMS), default=argparse.SUPPRESS,
                        help="only this stream (repeatable)")


def _add_run_options(parser: argparse.ArgumentParser, unset: str | None) -> None:
    parser.add_argument(
        "--stream", action="append", choices=sorted(STREAMS), default=unset, help="only this stream (repeatable)")
    parser.add_argument("--hour", type=_hour, default=unset, help="recount one hour, UTC, such as 2021-02-19T21")
    parser.add_argument(
        "--every", type=float, metavar="SECONDS", default=unset, help="run again and again until stopped")


def _add_mapreduce(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "mapreduce", help="count a day by mrjob and compare it with the batch view",
        description="Count a UTC day of a rollup by map-reduce and say where the batch view differs (status 4).",
        epilog="example: python -m batch_layer mapreduce --day 2026-11-24 --runner local")
    streams = [name for name, stream in STREAMS.items() if stream.day_files] or [*STREAMS]
    rollups = sorted({rollup.name for stream in STREAMS.values() for rollup in stream.rollups})
    parser.add_argument("--day", type=_day, required=True, help="the day, UTC, such as 2026-11-24")
    parser.add_argument("--runner", choices=RUNNERS, default=INLINE, help="mrjob's runner (default: %(default)s)")
    parser.add_argument("--from", choices=SOURCES, default=ARCHIVE, dest="source",
                        help="the archive's rows (default), or the gateway's day files")
    parser.add_argument("--stream", choices=sorted(STREAMS), default=streams[0], help="default: %(default)s")
    parser.add_argument("--rollup", choices=rollups, help="default: the stream's first")


def _add_wordcount(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser(
        "wordcount", help="count the words of a file",
        description="Each word of a file, [A-Za-z']+ in its own case, and how often it occurs; the most frequent first",
        epilog="example: python -m batch_layer wordcount README.md")
    parser.add_argument("file", type=Path, metavar="FILE", help="read as it stands; nothing is unpacked")
    parser.add_argument("--runner", choices=WORDCOUNT_RUNNERS, default=SPARK,
                        help="Spark, or mrjob in this process or in several (default: %(default)s)")


if __name__ == "__main__":
    sys.exit(main())
