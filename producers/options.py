"""What all commands share: where Kafka is, which client, how long to wait, where the unsent go."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.kafka.topics import ensure_topic
from metering.settings import Settings, load
from metering.telemetry import Log, start_logging
from producers.sending.block import Block
from producers.sending.clients import CLIENTS, open_sender
from producers.sending.delivery import Delivery
from producers.sending.sender import Sender
from producers.stop import Stop
from producers.times import now_ms

UNSENT = Path("unsent.jsonl")


def add_sending_options(parser: argparse.ArgumentParser, topic: str | None) -> None:
    """Options of every command that sends to Kafka. `topic` None: it follows from what is sent."""
    default = topic or "the stream's own"
    sending = parser.add_argument_group("sending")
    sending.add_argument("--topic", default=topic, help=f"topic, created where missing (default: {default})")
    add_kafka_options(sending)


def add_kafka_options(sending: argparse._ArgumentGroup) -> None:
    """Those options of sending that do not depend on the topic."""
    sending.add_argument("--kafka", metavar="HOST:PORT", help="instead of KAFKA_BOOTSTRAP_SERVERS")
    sending.add_argument(
        "--client", choices=CLIENTS, default=CLIENTS[0],
        help="kafka-python, or confluent for bulk (an extra: lambdameter[bulk])")
    sending.add_argument(
        "--patience", type=float, default=300.0, metavar="S",
        help="give up after so many seconds without an acknowledgement (default: %(default)g)")
    sending.add_argument(
        "--unsent", type=Path, default=UNSENT, metavar="FILE",
        help="where messages go that Kafka never acknowledged; `replay` sends them again (default: %(default)s)")


def read_settings(
    args: argparse.Namespace, faults: Sequence[str] = (), needs: Sequence[str] = ("kafka",)
) -> Settings:
    """Settings for a command that sends; starts the log. Raises BadSettings with `faults` and its own."""
    try:
        settings = load(*needs, overrides={"KAFKA_BOOTSTRAP_SERVERS": args.kafka} if args.kafka else None)
    except BadSettings as error:
        raise BadSettings([*faults, *error.faults]) from error
    if faults:
        raise BadSettings(faults)
    start_logging(settings.log_format)
    return settings


def connect(args: argparse.Namespace, settings: Settings) -> Sender:
    """Make sure of the topic and open the client. Raises ServiceAway."""
    ensure_topic(settings.kafka, args.topic)
    return open_sender(args.client, settings.kafka)


def deliver(
    args: argparse.Namespace, sender: Sender, stop: Stop, log: Log,
    settled: Callable[[Block], None] | None = None,
) -> Delivery:
    """A delivery as the options want it."""
    return Delivery(sender, stop, log, patience_s=args.patience, unsent=args.unsent, settled=settled)


def warn_of_times(settings: Settings, log: Log, oldest_ms: int, latest_ms: int) -> None:
    """Say where the product will reject what is sent; epoch milliseconds."""
    if settings.max_age_days and oldest_ms < now_ms() - settings.max_age_days * 86_400_000:
        log.warning("the oldest events will be rejected as ANCIENT", LAMBDAMETER_MAX_AGE_DAYS=settings.max_age_days)
    if latest_ms > now_ms() + settings.max_ahead_s * 1000:
        log.warning("the last events will be rejected as FUTURE", LAMBDAMETER_MAX_AHEAD_S=settings.max_ahead_s)
