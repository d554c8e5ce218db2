"""The plan that the options and the settings make."""

from __future__ import annotations

import argparse
import secrets

from metering.settings import Settings
from metering.streams.billing import BILLING
from metering.streams.machines import RESOURCE_USAGE
from producers.generate import arguments
from producers.generate.machines.fleet import parts
from producers.generate.plan import Faults, Plan
from producers.times import now_ms

_LONGEST_S = 3600
"""What a sample may stand for at most."""


def plan_of(args: argparse.Namespace, settings: Settings) -> Plan:
    """What is to be generated. Without a seed, a range has always the same and a live run another each time."""
    now, ranged = now_ms(), arguments.is_ranged(args)
    from_ms = now - args.past if args.past else now if args.from_ms is None else args.from_ms
    to_ms = (args.to_ms or now) if ranged else None
    events = args.events or (arguments.RANGE_EVENTS if ranged else None)
    of_machines = args.stream == RESOURCE_USAGE.topic
    return Plan(
        seed=args.seed if args.seed is not None else (1 if ranged else secrets.randbits(63)),
        from_ms=from_ms,
        to_ms=to_ms,
        events=events,
        faults=Faults(args.late, args.duplicates, args.conflicts, args.bad),
        subjects=_subjects(args),
        interval_s=_spacing_s(args, from_ms, to_ms, events) if of_machines else None,
        age_limited=settings.max_age_days > 0,
    )


def _subjects(args: argparse.Namespace) -> int:
    by_stream: dict[str, int] = {RESOURCE_USAGE.topic: args.machines, BILLING.topic: args.companies}
    return by_stream.get(args.stream, args.users)


def _spacing_s(args: argparse.Namespace, from_ms: int, to_ms: int | None, events: int | None) -> int:
    """Whole seconds between two samples of one service on one machine, at least 1."""
    senders, rate = len(parts(args.machines)), arguments.rate_of(args)
    if to_ms is not None and events is not None:
        spacing_s = (to_ms - from_ms) / 1000 * senders / events
    else:
        spacing_s = senders / rate if rate else 1
    return min(_LONGEST_S, max(1, round(spacing_s)))
