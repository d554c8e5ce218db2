"""The site, and the commands that look after its database.

Example: python -m serving migrate && python -m serving --port 8000
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from metering.domain.errors import LambdameterError
from metering.settings import load
from metering.telemetry import Log, start_logging
from serving.arguments import command_line
from serving.start import start_django

log = Log("serving")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, the site when none is named, and return its exit status."""
    options = command_line(__doc__).parse_args(arguments)
    start_logging()
    try:
        settings = load(*options.needs)
        start_logging(settings.log_format)
        start_django()
        return importlib.import_module(options.module).run(options, settings) or 0
    except LambdameterError as error:
        for line in getattr(error, "faults", [str(error)]):
            log.error(line)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main())
