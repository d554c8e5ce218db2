"""`lambdameter COMMAND`: one module a command, each with `add_to(commands)` and a function that runs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lambdameter import demo, jars, stack, statement, verify
from metering.domain.errors import BadSettings, LambdameterError
from metering.telemetry import start_logging

COMMANDS = (demo, stack, jars, statement, verify)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status is that of contract.md: 0, 2, 3, 4 or 5."""
    options = parser().parse_args(arguments)
    start_logging()
    try:
        return int(options.run(options) or 0)
    except BadSettings as error:
        for fault in error.faults:
            print(f"lambdameter: {fault}", file=sys.stderr)
        return error.exit_status
    except LambdameterError as error:
        print(f"lambdameter: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    top = argparse.ArgumentParser(
        prog="lambdameter",
        description="Usage metering where every number is counted twice and proven equal.",
        epilog="example: lambdameter stack up --home .lambdameter",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
