"""`python -m producers generate`: events by seed, live or in any range of time."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

from tqdm import tqdm

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
from producers.sending.block import Block
from producers.sending.delivery import Delivery, GaveUp
from producers.stop import Stop
from producers.times import now_ms

_LONGEST_REST_S = 1.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "generate", help="antenna events or machine samples by seed, live or in any range", epilog=arguments.EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
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
        blocks = flow.blocks(_until(args.seconds, stop), lambda seconds: _rest(seconds, delivery, stop))
        _send_all(blocks, delivery, plan.messages)
        outcome = delivery.finish()
    outcome.tell(log)


def _send_all(blocks: Iterator[Block], delivery: Delivery, total: int | None) -> None:
    """Send until the blocks end or Kafka stayed away for too long; `delivery.finish` settles the rest."""
    with tqdm(total=total, unit="msg", unit_scale=True, disable=None) as progress, suppress(GaveUp):
        for block in blocks:
            delivery.send(block)
            progress.update(len(block))


def _rest(seconds: float, delivery: Delivery, stop: Stop) -> None:
    """Sleep until the next message is due, with an eye on those under way."""
    delivery.tend()
    stop.wait(min(seconds, _LONGEST_REST_S))


def _until(seconds: float | None, stop: Stop) -> Callable[[], bool]:
    """Whether to go on: no stop was asked for and the time is not over."""
    ends_s = time.monotonic() + seconds if seconds else float("inf")
    return lambda: not stop.asked and time.monotonic() < ends_s


def _warn_of_times(plan: Plan, settings: Settings, log: Log) -> None:
    """Say where the product will reject what is sent; a truth counts it all the same."""
    oldest_ms = plan.from_ms - (LATEST_MS if plan.faults.late else 0)
    if settings.max_age_days and oldest_ms < now_ms() - settings.max_age_days * 86_400_000:
        log.warning("the oldest events will be rejected as ANCIENT", LAMBDAMETER_MAX_AGE_DAYS=settings.max_age_days)
    if plan.to_ms is not None and plan.to_ms > now_ms() + settings.max_ahead_s * 1000:
        log.warning("the last events will be rejected as FUTURE", LAMBDAMETER_MAX_AHEAD_S=settings.max_ahead_s)
