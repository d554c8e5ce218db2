"""`python -m ml`: features, train, score, run, replay."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from metering.domain.errors import BadSettings, LambdameterError
from metering.settings import load
from metering.telemetry import Log, start_logging
from ml.arguments import parser
from ml.command import Command
from ml.run import run

LOG = Log("ml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    asked = parser().parse_args(arguments)
    start_logging()
    try:
        settings = load(*needs(asked.action, from_csv=bool(getattr(asked, "listens", None))))
        start_logging(settings.log_format)
        if asked.action == "run":
            run(settings, asked)
            return 0
        command = Command(settings, asked)
        try:
            getattr(command, asked.action)()
        finally:
            command.stop()
        return 0
    except KeyboardInterrupt:
        LOG.info("stopped; what was kept stays")
        return 0
    except BadSettings as error:
        for fault in error.faults:
            LOG.error(fault)
        return error.exit_status
    except LambdameterError as error:
        LOG.error(str(error))
        return error.exit_status


def needs(action: str, *, from_csv: bool) -> tuple[str, ...]:
    """Which settings a command must have."""
    archive = () if from_csv else ("archive",)
    return {
        "features": () if from_csv else ("database", "archive"),
        "train": ("database",),
        "score": ("database", "redis"),
        "run": ("database", "redis", *archive),
        "replay": ("database", "archive"),
    }[action]


if __name__ == "__main__":
    sys.exit(main())
