"""`python -m batch_layer`: the hourly job; `vacuum` removes files that count for nothing."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from batch_layer.command import Command
from metering.domain.errors import BadSettings, LambdameterError
from metering.settings import load
from metering.telemetry import Log, start_logging

LOG = Log("batch_layer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit status."""
    asked = _parser().parse_args(arguments)
    start_logging()
    try:
        settings = load("kafka", "database", "archive")
        start_logging(settings.log_format)
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        command = Command(settings, stopping)
        if asked.action == "vacuum":
            return command.vacuum()
        return command.every(asked.every) if asked.every else command.once(asked.hour)
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


def _hour(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: want an hour in UTC, such as 2021-02-19T21") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m batch_layer",
        description="Seal, recount, prove and publish all touched hours; make settled hours final; compact.",
        epilog="example: python -m batch_layer --hour 2021-02-19T21",
    )
    parser.add_argument("action", nargs="?", choices=["run", "vacuum"], default="run",
                        help="run (default), or vacuum: remove archive files that no row lists")
    parser.add_argument("--hour", type=_hour, help="recount one hour, UTC, such as 2021-02-19T21")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="run again and again until stopped")
    return parser


if __name__ == "__main__":
    sys.exit(main())
