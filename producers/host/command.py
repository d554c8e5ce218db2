"""`python -m producers host`: this machine's traffic, sampled by psutil."""

from __future__ import annotations

import argparse
import json
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count

from metering.streams.devices import DEVICES
from metering.telemetry import Log
from producers import options
from producers.host.counters import Counters, Growth, Meter, machine_counters
from producers.host.identifiers import cleaned
from producers.sending.block import Block
from producers.sending.delivery import GaveUp
from producers.stop import Stop
from producers.times import now_ms

_EXAMPLE = """\
example: python -m producers host --interval 5

The device is this machine, the antenna a network interface, the app `sent` or `received`, and bytes what was
moved since the last sample. Loopback is left out unless it is the only interface. An interface without traffic is
told of once a minute with 0 bytes. Ctrl-C and SIGTERM end it in order."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "host", help="this machine's own network traffic", epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--as", dest="what", choices=("traffic", "load", "both"), default="traffic",
        help="what to send (default: %(default)s); load and both come with the machines stream")
    parser.add_argument(
        "--interval", type=float, default=5.0, metavar="S", help="seconds between samples (default: %(default)g)")
    parser.add_argument("--samples", type=int, metavar="N", help="stop after so many samples (default: no end)")
    parser.add_argument("--machine", metavar="ID", help="the device's id (default: the host's name)")
    parser.add_argument("--loopback", action="store_true", help="count the loopback interface too")
    options.add_sending_options(parser, DEVICES.topic)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Sample and send until stopped. Raises ServiceAway where something was not acknowledged."""
    log = Log("host")
    settings = options.read_settings(args, _faults(args))
    stop = Stop().listen()
    delivery = options.deliver(args, options.connect(args, settings), stop, log)
    machine = cleaned(args.machine or platform.node(), "machine")
    log.info("sampling", machine=machine, interval_s=args.interval)
    with suppress(GaveUp):
        for growths in samples(partial(machine_counters, loopback=args.loopback), args.interval, args.samples, stop):
            if growths:
                delivery.send(block(args.topic, machine, growths, now_ms()))
            delivery.tend()
    delivery.finish().tell(log)


def _faults(args: argparse.Namespace) -> list[str]:
    faults = []
    if args.what != "traffic":
        faults.append(f"--as {args.what}: comes with the machines stream; want traffic")
    if not 0.1 <= args.interval <= 3600:
        faults.append(f"--interval {args.interval:g}: want seconds from 0.1 to 3600")
    if args.machine is not None and args.machine != cleaned(args.machine, ""):
        faults.append(f"--machine {args.machine!r}: want 1–64 of A-Z a-z 0-9 . _ : -")
    return faults


def samples(
    counters: Counters, interval_s: float, most: int | None, stop: Stop,
    now_s: Callable[[], float] = time.monotonic,
) -> Iterator[list[Growth]]:
    """The growths of each sample at even intervals, until `most` or a stop; a stop takes a last one.

    The first sample knows no growth yet: it gives a heartbeat for each interface.
    """
    meter = Meter()
    next_s = now_s()
    for taken in count(1):
        is_last = stop.asked or taken == most
        yield list(meter.sample(counters(), now_s()))
        if is_last:
            return
        next_s = max(next_s + interval_s, now_s())
        stop.wait(next_s - now_s())


def block(topic: str, machine: str, growths: list[Growth], time_ms: int) -> Block:
    """The events of one sample, each with an event_id of its own that stays with it when it is sent again."""
    values = [
        json.dumps({
            "event_id": str(uuid.uuid4()),
            "timestamp": time_ms / 1000,
            "id": machine,
            "antenna_id": cleaned(growth.interface, "interface"),
            "app": growth.direction,
            "bytes": growth.size,
        }).encode()
        for growth in growths
    ]
    return Block(topic, [machine.encode()] * len(values), values)
