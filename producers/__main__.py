"""`python -m producers`: reads the command, runs it, maps errors to the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from metering.domain.errors import BadSettings, LambdameterError
from producers.audience import command as audience
from producers.gateway import command as gateway
from producers.generate import command as generate
from producers.host import command as host
from producers.replay import command as replay
from producers.window import command as window

_EXAMPLE = "example: python -m producers generate --past 1h --events 10000"


def parser() -> argparse.ArgumentParser:
    """The command line of all producers."""
    parser = argparse.ArgumentParser(prog="python -m producers", description=__doc__, epilog=_EXAMPLE)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (audience, gateway, generate, host, replay, window):
        command.register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit status."""
    args = parser().parse_args(arguments)
    try:
        args.run(args)
    except BadSettings as error:
        for fault in error.faults:
            print(f"producers: {fault}", file=sys.stderr)
        return error.exit_status
    except LambdameterError as error:
        print(f"producers: {error}", file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
