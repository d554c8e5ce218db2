"""What is sampled, and the way each kind of sample goes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from metering.domain.stream import Stream
from metering.kafka.topics import ensure_topic
from metering.settings import KafkaSettings
from metering.streams.devices import DEVICES
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers.host import arguments
from producers.host.counters import machine_counters
from producers.host.readings import Gauge, this_machine
from producers.host.samples import Sampler
from producers.host.traffic import Traffic
from producers.sending.block import Block
from producers.sending.clients import open_sender
from producers.sending.delivery import Delivery
from producers.sending.way import Way, to_gateway
from producers.stop import Stop
from producers.targets import KAFKA, TCP, Target

Source = Callable[[float], Block]
"""Gives the messages of a round, told its monotonic time in seconds."""


@dataclass(frozen=True)
class Routes:
    """Each source with the way its messages go; two sources may share one way."""

    pairs: list[tuple[Source, Way]]

    @property
    def ways(self) -> list[Way]:
        """Every way once."""
        return list(dict.fromkeys(way for _, way in self.pairs))

    def round(self, now_s: float) -> None:
        """Take and send the samples of one round. Raises GaveUp."""
        for source, way in self.pairs:
            block = source(now_s)
            if len(block):
                way.send(block)
            way.tend()


def streams_of(args: argparse.Namespace) -> list[Stream]:
    """What is sent."""
    wanted = {arguments.TRAFFIC: [DEVICES], arguments.LOAD: [RESOURCE_USAGE]}
    return wanted.get(args.what, [DEVICES, RESOURCE_USAGE])


def needs_kafka(args: argparse.Namespace, target: Target | None) -> bool:
    """Whether anything goes to Kafka directly."""
    return target is None or target.scheme == KAFKA or args.what != arguments.LOAD


def open_routes(
    args: argparse.Namespace, kafka: KafkaSettings, target: Target | None, stop: Stop, log: Log
) -> Routes:
    """Connect. Raises ServiceAway, BadSettings."""
    gateway = target if target and target.scheme == TCP else None
    topics = {
        stream.topic: args.topic or (target.topic if target else "") or stream.topic for stream in streams_of(args)}
    ways: dict[str, Way] = {}
    if gateway:
        unsent = arguments.unsent_of(args, TCP)
        ways[RESOURCE_USAGE.topic] = to_gateway(gateway, RESOURCE_USAGE, unsent, stop, log)
    if direct := [topic for stream, topic in topics.items() if stream not in ways]:
        for topic in direct:
            ensure_topic(kafka, topic)
        delivery = Delivery(
            open_sender(args.client, kafka), stop, log, patience_s=args.patience,
            unsent=arguments.unsent_of(args, KAFKA))
        ways = dict.fromkeys(topics, delivery) | ways
    return Routes([(_source(stream, topic, args, log), ways[stream]) for stream, topic in topics.items()])


def _source(stream: str, topic: str, args: argparse.Namespace, log: Log) -> Source:
    machine = arguments.machine_id(args.machine)
    if stream == DEVICES.topic:
        return Traffic(topic, machine, partial(machine_counters, loopback=args.loopback))
    return Sampler(topic, machine, this_machine, Gauge(arguments.services_of(args), log), time.monotonic())
