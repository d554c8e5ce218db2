"""`python -m producers generate`: events by seed, live or in any range of time."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from metering.settings import Settings
from metering.telemetry import Log
from producers import options
from producers.generate import arguments
from producers.generate.chunk import LATEST_MS
from producers.generate.flow import Flow
from producers.generate.making import plan_of
from producers.generate.pace import Pace
from producers.generate.plan import Plan
from producers.generate.streams import GENERATORS
from producers.generate.truth import Truth
from producers.sending.feed import feed, rest, until
from producers.stop import Stop


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "generate", help="antenna events, machine samples or charges by seed, live or in any range",
        epilog=arguments.EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Generate as the options say. Raises ServiceAway where something was not acknowledged."""
    log = Log("generate")
    settings = options.read_settings(args, arguments.faults_of(args))
    generator = GENERATORS[args.stream]
    args.topic = args.topic or generator.topic
    plan = plan_of(args, settings)
    _warn_of_times(plan, settings, log)
    stop = Stop().listen()
    with ExitStack() as closing:
        sender = options.connect(args, settings)
        truth = closing.enter_context(Truth(args.truth, generator)) if args.truth else None
        delivery = options.deliver(args, sender, stop, log, truth.record if truth else None)
        flow = Flow(args.topic, generator, plan, Pace(arguments.rate_of(args)), with_facts=bool(truth))
        blocks = flow.blocks(until(args.seconds, stop), lambda seconds: rest(seconds, delivery, stop))
        feed(blocks, delivery, plan.messages)
        outcome = delivery.finish()
    outcome.tell(log)


def _warn_of_times(plan: Plan, settings: Settings, log: Log) -> None:
    """Say where the product will reject what is sent; a truth counts it all the same."""
    oldest_ms = plan.from_ms - (LATEST_MS if plan.faults.late else 0)
    options.warn_of_times(settings, log, oldest_ms, oldest_ms if plan.to_ms is None else plan.to_ms)
