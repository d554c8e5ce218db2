"""`python -m producers audience`: customers by seed, what they play and click, as files or as events."""

from __future__ import annotations

import argparse
from itertools import takewhile

from metering.domain.features import LABEL_AD
from metering.kafka.topics import ensure_topic
from metering.settings import Settings
from metering.streams.clicks import CLICKS
from metering.streams.listens import LISTENS
from metering.telemetry import Log
from producers import options
from producers.audience import arguments
from producers.audience.audience import Audience, draw
from producers.audience.events import blocks
from producers.audience.files import write_customers, write_files
from producers.audience.live import LiveAudience
from producers.audience.people import draw_people, records
from producers.generate.pace import Pace
from producers.sending.clients import open_sender
from producers.sending.feed import feed, rest, until
from producers.stop import Stop
from producers.times import now_ms


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "audience", help="customers of a music service, their plays and clicks, by seed",
        epilog=arguments.EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Draw, print what the rule amounts to, write and send as the options say. Raises BadSettings, ServiceAway."""
    log = Log("audience")
    sends = arguments.sends(args)
    settings = options.read_settings(args, arguments.faults_of(args), ("kafka",) if sends else ())
    plan = arguments.plan_of(args)
    if args.customers_csv:
        write_customers(args.customers_csv, records(plan, draw_people(plan)))
        log.info("customers written", file=str(args.customers_csv), customers=plan.customers)
    if not (sends or args.csv):
        return
    audience = draw(plan)
    print(table(audience))
    if args.csv:
        write_files(args.csv, audience)
        log.info("files written", folder=str(args.csv), plays=len(audience.plays), clicks=len(audience.clicks))
    if sends:
        _send(args, settings, audience, log)


def _send(args: argparse.Namespace, settings: Settings, audience: Audience, log: Log) -> None:
    """Send a range as fast as Kafka takes it, or live plays at their rate."""
    stop = Stop().listen()
    for stream in (LISTENS, CLICKS):
        ensure_topic(settings.kafka, stream.topic)
    delivery = options.deliver(args, open_sender(args.client, settings.kafka), stop, log)
    going = until(args.seconds, stop)
    if args.rate:
        live = LiveAudience(audience, now_ms() // 1000)
        feed(live.blocks(Pace(args.rate), going, lambda seconds: rest(seconds, delivery, stop)), delivery, None)
    else:
        options.warn_of_times(settings, log, audience.plan.from_s * 1000, audience.plan.to_s * 1000)
        drawn = takewhile(lambda block: going(), blocks(audience.plays, audience.clicks, audience.plan.mark))
        feed(drawn, delivery, len(audience.plays) + len(audience.clicks))
    delivery.finish().tell(log)


def table(audience: Audience) -> str:
    """What the rule amounts to: a line a figure."""
    found = audience.figures
    lines = {
        "customers": f"{len(audience.people)}",
        "customers with plays": f"{found.customers}",
        "plays": f"{len(audience.plays)}",
        "clicks on all ads": f"{len(audience.clicks)}",
        f"clicked {LABEL_AD}": f"{found.clickers} ({found.clicker_share:.2%})",
        "chance above one half": f"{found.sure_clickers}",
        "error of saying the same to all": f"{found.majority_error:.2%}",
        "best reachable error": f"{found.best_error:.2%}",
        "error of the rule itself on these clicks": f"{found.best_here:.2%}",
    }
    return "\n".join(f"{name:<42}{value:>14}" for name, value in lines.items())
