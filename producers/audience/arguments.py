"""The options of `audience`, what is wrong with them, and the plan they make."""

from __future__ import annotations

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo

from producers import options
from producers.audience.plan import AudiencePlan
from producers.times import instant_ms, now_ms, zone_faults

MOST_CUSTOMERS, MOST_PLAYS, MOST_DAYS = 1_000_000, 20_000_000, 3_660
_DAY_MS = 86_400_000
_LATEST_MS = 4_102_444_800_000
_DAYS = 7

EXAMPLE = """\
example: python -m producers audience --csv audience --seed 7 --days 7
         python -m producers audience --seed 7 --client confluent
         python -m producers audience --seed 7 --rate 20

Equal seed, customers, plays, range and zone give equal bytes, event ids included: sent twice, or once to Kafka and
once by `replay` of its files, they count once. The customers depend on the seed and their number only. The chance of
a click on the label ad follows from the plays by the rule in docs/offers.md; what the best possible model can reach
is printed, and lies in truth.json and truth.parquet beside the files.

With --csv or --customers-csv nothing is sent unless --to-kafka; without either, all goes to the topics listens and
clicks. With --rate, plays happen now, until Ctrl-C; the range is then only what tells who is likely to click."""


def add(parser: argparse.ArgumentParser) -> None:
    """All options of the command."""
    _add_what(parser.add_argument_group("what"))
    _add_when(parser.add_argument_group("when"))
    where = parser.add_argument_group("where")
    where.add_argument("--csv", type=Path, metavar="DIR", help="write customers.csv, tracks.csv, clicks.csv, the truth")
    where.add_argument("--customers-csv", type=Path, metavar="FILE", help="write the customers only")
    where.add_argument("--to-kafka", action="store_true", help="send, also where files are written")
    options.add_kafka_options(parser.add_argument_group("sending"))


def _add_what(what: argparse._ArgumentGroup) -> None:
    what.add_argument("--customers", type=int, default=5_000, metavar="N", help="default: %(default)s")
    what.add_argument("--plays", type=int, default=200_000, metavar="N", help="default: %(default)s")
    what.add_argument("--seed", type=int, default=1, metavar="N", help="default: %(default)s")


def _add_when(when: argparse._ArgumentGroup) -> None:
    when.add_argument("--from", dest="from_ms", type=instant_ms, metavar="TIME", help="start, ISO, UTC")
    when.add_argument("--to", dest="to_ms", type=instant_ms, metavar="TIME", help="end, exclusive (default: now)")
    when.add_argument("--days", type=float, metavar="N", help=f"so many days up to --to (default: {_DAYS})")
    when.add_argument(
        "--tz", default="UTC", metavar="ZONE",
        help="zone of the hours of the rule, and of the times in the files (default: %(default)s)")
    when.add_argument("--rate", type=float, metavar="N", help="live: so many plays a second from now on")
    when.add_argument("--seconds", type=float, metavar="S", help="live: stop after so many seconds")


def sends(args: argparse.Namespace) -> bool:
    """Whether anything goes to Kafka."""
    return bool(args.to_kafka or args.rate or not (args.csv or args.customers_csv))


def plan_of(args: argparse.Namespace) -> AudiencePlan:
    """The plan of options without a fault. Times are rounded down to whole seconds."""
    from_ms, to_ms = _range_ms(args)
    return AudiencePlan(
        args.seed, args.customers, args.plays, from_ms // 1000, to_ms // 1000, ZoneInfo(args.tz))


def _range_ms(args: argparse.Namespace) -> tuple[int, int]:
    to_ms = now_ms() if args.to_ms is None else args.to_ms
    days = _DAYS if args.days is None else args.days
    return (to_ms - round(days * _DAY_MS) if args.from_ms is None else args.from_ms), to_ms


def faults_of(args: argparse.Namespace) -> list[str]:
    """Every fault of the options, each with what is wanted."""
    faults = zone_faults(args.tz)
    for name, found, most in (("customers", args.customers, MOST_CUSTOMERS), ("plays", args.plays, MOST_PLAYS)):
        if not 1 <= found <= most:
            faults.append(f"--{name} {found}: want 1 to {most}")
    if args.days is not None and not 0 < args.days <= MOST_DAYS:
        faults.append(f"--days {args.days:g}: want more than 0, {MOST_DAYS} at most")
    elif args.days is not None and args.from_ms is not None:
        faults.append("--days with --from: want one of the two")
    else:
        faults += _range_faults(*_range_ms(args))
    if args.rate is not None and not 0 < args.rate < float("inf"):
        faults.append(f"--rate {args.rate:g}: want plays a second, more than 0")
    if args.seconds is not None and (args.rate is None or not args.seconds > 0):
        faults.append(f"--seconds {args.seconds:g}: want more than 0, with --rate")
    if args.customers_csv and not args.customers_csv.absolute().parent.is_dir():
        faults.append(f"--customers-csv {args.customers_csv}: want a file in a folder that is there")
    return faults


def _range_faults(from_ms: int, to_ms: int) -> list[str]:
    if not 0 <= from_ms <= to_ms <= _LATEST_MS:
        return ["--from and --to: want times from 1970 to 2100, --from before --to, which is now unless given"]
    if from_ms // 1000 >= to_ms // 1000:
        return ["--from: want a second or more before --to"]
    if to_ms - from_ms > MOST_DAYS * _DAY_MS:
        return [f"--from: want {MOST_DAYS} days at most before --to"]
    return []
