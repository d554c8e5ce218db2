"""The options of `generate`, and what is wrong with them."""

from __future__ import annotations

import argparse
from pathlib import Path

from metering.streams.devices import DEVICES
from producers import options
from producers.generate.billing.companies import MOST_COMPANIES
from producers.generate.devices.cast import MOST_USERS
from producers.generate.machines.fleet import MOST_MACHINES
from producers.generate.streams import GENERATORS
from producers.times import instant_ms, now_ms, share, span_ms

LIVE_RATE = 20.0
RANGE_EVENTS = 100_000

EXAMPLE = """\
example: python -m producers generate --past 3d --events 200000 --seed 7 --late 0.01 --duplicates 0.01 --truth truth

Equal seed, range, count and shares give equal events, byte for byte, event ids included: sent twice they
count once. Live events (no range) happen when they are sent. Late events are among the events and lie 1 to 3
hours before their place, so also before --from; duplicates, conflicts and bad messages come on top of them.
Events older than LAMBDAMETER_MAX_AGE_DAYS (35) become dead letters: a range beyond it needs the product to
run with LAMBDAMETER_MAX_AGE_DAYS=0. Ctrl-C and SIGTERM end a run in order: what is under way is delivered, the
truth written. A second run with the same --truth DIR adds to it.

example: python -m producers generate --stream resource_usage --machines 8 --past 6h --events 60000 --truth fleet

Samples of machines that run web, database, cache and worker: each sample's interval_s is the spacing of the samples
of one service on one machine, to the second.

example: python -m producers generate --stream billing --companies 9 --past 50m --events 20000 --late 0.03 --truth bills

Charges and credits of companies, two in five with the cost as decimal text. Of its late events a quarter happened 1 to
3 hours before their place, too late for a pane; the others 20 seconds to 45 minutes."""


def add(parser: argparse.ArgumentParser) -> None:
    """All options of the command."""
    parser.add_argument(
        "--stream", choices=list(GENERATORS), default=DEVICES.topic, help="what to send (default: %(default)s)")
    _add_when(parser.add_argument_group("when"))
    _add_how_many(parser.add_argument_group("how many"))
    _add_what(parser.add_argument_group("what"))
    options.add_sending_options(parser, None)


def _add_when(when: argparse._ArgumentGroup) -> None:
    when.add_argument("--from", dest="from_ms", type=instant_ms, metavar="TIME", help="start, ISO, UTC")
    when.add_argument("--to", dest="to_ms", type=instant_ms, metavar="TIME", help="end, exclusive (default: now)")
    when.add_argument("--past", type=span_ms, metavar="SPAN", help="the last 90s, 15m, 6h, 3d or 2w")


def _add_how_many(much: argparse._ArgumentGroup) -> None:
    much.add_argument(
        "--events", "--count", type=int, metavar="N",
        help=f"events in all (default: {RANGE_EVENTS} in a range, no end when live)")
    much.add_argument("--seconds", type=float, metavar="S", help="stop after so many seconds")
    much.add_argument(
        "--rate", type=float, metavar="R",
        help=f"messages a second, 0 as fast as possible (default: {LIVE_RATE:g} live, 0 in a range)")


def _add_what(what: argparse._ArgumentGroup) -> None:
    what.add_argument("--seed", type=int, metavar="N", help="default: 1 in a range, another each time when live")
    what.add_argument(
        "--users", type=int, default=20, metavar="N",
        help="devices that take part (default: %(default)s, those of the published hour)")
    what.add_argument(
        "--machines", type=int, default=8, metavar="N", help="machines of resource_usage (default: %(default)s)")
    what.add_argument(
        "--companies", type=int, default=10, metavar="N", help="companies of billing (default: %(default)s)")
    for name, text in (
        ("late", "of the events happened long before their place"),
        ("duplicates", "are sent again, the same bytes"),
        ("conflicts", "are sent again with other bytes under the same event_id"),
        ("bad", "bad messages of all kinds"),
    ):
        what.add_argument(f"--{name}", type=share, default=0.0, metavar="SHARE", help=text)
    what.add_argument("--truth", type=Path, metavar="DIR", help="write totals.json and acknowledged.parquet there")


def is_ranged(args: argparse.Namespace) -> bool:
    """Whether a range of time was named; else events are live."""
    return bool(args.past or args.from_ms is not None)


def rate_of(args: argparse.Namespace) -> float:
    """Messages a second, 0 as fast as possible."""
    if args.rate is not None:
        return float(args.rate)
    return 0.0 if is_ranged(args) else LIVE_RATE


def faults_of(args: argparse.Namespace) -> list[str]:
    """Every fault of the options, each with what is wanted."""
    faults = []
    if args.past and (args.from_ms is not None or args.to_ms is not None):
        faults.append("--past with --from or --to: want one of the two ways to name a range")
    if args.to_ms is not None and args.from_ms is None and not args.past:
        faults.append("--to without --from: want both, or --past")
    if args.from_ms is not None and args.from_ms >= (args.to_ms or now_ms()):
        faults.append("--from: want a time before --to, which is now unless given")
    if args.events is not None and args.events < 1:
        faults.append(f"--events {args.events}: want 1 or more")
    if not 1 <= args.users <= MOST_USERS:
        faults.append(f"--users {args.users}: want 1 to {MOST_USERS}")
    if not 1 <= args.machines <= MOST_MACHINES:
        faults.append(f"--machines {args.machines}: want 1 to {MOST_MACHINES}")
    if not 1 <= args.companies <= MOST_COMPANIES:
        faults.append(f"--companies {args.companies}: want 1 to {MOST_COMPANIES}")
    if args.rate is not None and args.rate < 0:
        faults.append(f"--rate {args.rate:g}: want messages a second, 0 as fast as possible")
    return faults
