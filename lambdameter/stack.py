"""`lambdameter stack up|down|status`: the services on this machine."""

from __future__ import annotations

import argparse
import signal
from typing import Any

from local_stack import Stack
from local_stack.stack import OPTIONAL
from metering import settings

NOT_ALL_UP = 3


def add_to(commands: Any) -> None:
    """Add the command and its three verbs to argparse's subparsers."""
    command = commands.add_parser(
        "stack",
        help="start, stop or show Kafka, PostgreSQL and Redis on this machine",
        description="Kafka, PostgreSQL and Redis on this machine, from packages, on loopback and free ports.",
        epilog="example: lambdameter stack up --home .lambdameter",
    )
    verbs = command.add_subparsers(title="verbs", metavar="up|down|status", required=True)
    up = _verb(verbs, "up", run_up, "start what is down, wait until all answer, write HOME/stack.env")
    up.add_argument("--kafka-heap-mb", type=int, default=512, metavar="MB", help="Kafka's heap (default 512)")
    up.add_argument(
        "--with", dest="with_", action="append", choices=sorted(OPTIONAL), default=[],
        help="start this too: hdfs, a NameNode and a DataNode")
    _verb(verbs, "down", run_down, "stop all; the data stays")
    _verb(verbs, "status", run_status, "one line a service; exit status 3 unless all are up")


def _verb(verbs: Any, name: str, run: Any, what: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name, help=what, description=what, epilog=f"example: lambdameter stack {name} --home .lambdameter"
    )
    verb.add_argument(
        "--home", metavar="DIR", help="folder of all state (default: LAMBDAMETER_HOME, else ./.lambdameter)"
    )
    verb.set_defaults(run=run)
    return verb


def _stack(options: argparse.Namespace) -> Stack:
    given = {"LAMBDAMETER_HOME": options.home} if options.home else None
    return Stack(
        settings.load(overrides=given).home,
        kafka_heap_mb=getattr(options, "kafka_heap_mb", 512), with_=getattr(options, "with_", ()))


def run_up(options: argparse.Namespace) -> int:
    """Bring the stack up; a SIGTERM meanwhile stops what was started, as Ctrl-C does."""
    # SIGINT too: a shell without job control starts its background commands with it ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    stack = _stack(options)
    stack.up()
    for service in stack.services:
        print(f"{service.name}  {service.address}  pid {service.pid}")
    print(f"settings  {stack.home.stack_env}")
    return 0


def run_down(options: argparse.Namespace) -> int:
    """Stop the stack."""
    _stack(options).down()
    return 0


def run_status(options: argparse.Namespace) -> int:
    """Show each service; 0 when all are up."""
    states = _stack(options).status()
    for state in states:
        pid = f"pid {state.pid}" if state.pid else "no pid"
        print(f"{state.name}  {state.address}  {pid}  {'up' if state.up else state.fault}")
    return 0 if all(state.up for state in states) else NOT_ALL_UP
