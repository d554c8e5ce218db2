"""`python -m producers host`: this machine's traffic and load, sampled by psutil."""

from __future__ import annotations

import argparse
from contextlib import suppress

from metering.domain.errors import ServiceAway
from metering.telemetry import Log
from producers import options
from producers.host import arguments
from producers.host.rounds import rounds
from producers.host.routes import Routes, needs_kafka, open_routes
from producers.sending.delivery import GaveUp
from producers.stop import Stop
from producers.targets import KAFKA


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "host", help="this machine's own network traffic and load", epilog=arguments.EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Sample and send until stopped. Raises ServiceAway where something was not acknowledged."""
    log = Log("host")
    faults = arguments.faults_of(args)
    target = None if faults else arguments.target_of(args)
    if target and target.scheme == KAFKA:
        args.kafka = target.server
    settings = options.read_settings(args, faults, ("kafka",) if needs_kafka(args, target) else ())
    stop = Stop().listen()
    routes = open_routes(args, settings.kafka, target, stop, log)
    log.info("sampling", machine=arguments.machine_id(args.machine), what=args.what, interval_s=args.interval)
    with suppress(GaveUp):
        for now_s in rounds(args.interval, args.samples, stop, at_once=args.what != arguments.LOAD):
            routes.round(now_s)
    _finish(routes, log)


def _finish(routes: Routes, log: Log) -> None:
    """Close every way, then say what became of the messages. Raises ServiceAway for the first that failed."""
    outcomes = [way.finish() for way in routes.ways]
    failures = []
    for outcome in outcomes:
        try:
            outcome.tell(log)
        except ServiceAway as error:
            failures.append(str(error))
    if failures:
        raise ServiceAway("; ".join(failures))
