"""`lambdameter jars`: fetch what Kafka and Spark's Kafka source need, or check what is there."""

from __future__ import annotations

import argparse
from typing import Any

from metering.spark.jars import fetch_all


def add_to(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    command = commands.add_parser(
        "jars",
        help="fetch the jars of Kafka and of Spark's Kafka source",
        description="Fetch the jars of Kafka and of Spark's Kafka source, or check those that are there.",
        epilog="example: lambdameter jars",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fetch all sets at once; 0 when every sum is right."""
    return fetch_all()
