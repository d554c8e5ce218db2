"""`python -m producers generate`: events by seed, live or in any range of time."""

from __future__ import annotations

import argparse
import secrets
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
from producers.generate.pace import Pace
from producers.generate.plan import Faults, Plan
from producers.generate.truth import Truth
from producers.sending.block import Block
from producers.sending.delivery import Delivery, GaveUp
from producers.stop import Stop
from producers.times import now_ms

_LONGEST_REST_S = 1.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "generate", help="antenna events by seed, live or in any range", epilog=arguments.EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Generate as the options say. Raises ServiceAway where something was not acknowledged."""
    log = Log("generate")
    settings = options.read_settings(args, arguments.faults_of(args))
    plan = _plan(args, settings)
    _warn_of_times(plan, settings, log)
    stop = Stop().listen()
    with ExitStack() as closing:
        sender = options.connect(args, settings)
        truth = closing.enter_context(Truth(args.truth)) if args.truth else None
        delivery = options.deliver(args, sender, stop, log, truth.record if truth else None)
        rate = (arguments.LIVE_RATE if plan.live else 0.0) if args.rate is None else args.rate
        flow = Flow(args.topic, plan, Pace(rate), with_facts=bool(truth))
        blocks = flow.blocks(_until(args.seconds, stop), lambda seconds: _rest(seconds, delivery, stop))
        _send_all(blocks, delivery, plan.messages)
        outcome = delivery.finish()
    outcome.tell(log)


def _plan(args: argparse.Namespace, settings: Settings) -> Plan:
    now = now_ms()
    ranged = bool(args.past or args.from_ms is not None)
    return Plan(
        seed=args.seed if args.seed is not None else (1 if ranged else secrets.randbits(63)),
        from_ms=now - args.past if args.past else now if args.from_ms is None else args.from_ms,
        to_ms=(args.to_ms or now) if ranged else None,
        events=args.events or (arguments.RANGE_EVENTS if ranged else None),
        faults=Faults(args.late, args.duplicates, args.conflicts, args.bad),
        users=args.users,
        age_limited=settings.max_age_days > 0,
    )


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
