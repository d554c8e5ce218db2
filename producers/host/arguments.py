"""The options of `host`, and what is wrong with them."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from metering.domain.stream import IDENTIFIER
from producers import options
from producers.host.identifiers import cleaned
from producers.host.samples import LONGEST_S
from producers.targets import KAFKA, TCP, WANTED, BadTarget, Target, read_target

TRAFFIC, LOAD, BOTH = "traffic", "load", "both"
_IDENTIFIER_RULE = "1–64 of A-Z a-z 0-9 . _ : -"

EXAMPLE = """\
example: python -m producers host --as load --to tcp://127.0.0.1:7070 --service web=nginx,gunicorn

traffic: the device is this machine, the antenna a network interface, the app `sent` or `received`, and bytes what
was moved since the last sample. Loopback is left out unless it is the only interface. An interface without traffic
is told of once a minute with 0 bytes.
load: percent of this machine's processor, memory and disk, as service `host`; with --service, in its place, what
the processes of these names use of the whole machine, its disk unknown. A sample stands for the seconds since the
last one, so the first comes after one interval.
A gateway (tcp://) takes load alone: with `both`, traffic still goes to Kafka. What a gateway has not answered waits
in the file of --unsent, and goes first in the next run. Ctrl-C and SIGTERM end a run in order."""


def add(parser: argparse.ArgumentParser) -> None:
    """All options of the command."""
    parser.add_argument(
        "--as", dest="what", choices=(TRAFFIC, LOAD, BOTH), default=TRAFFIC, help="what to send (default: %(default)s)")
    parser.add_argument("--to", metavar="URL", help=f"{WANTED} (default: Kafka, as configured)")
    parser.add_argument(
        "--interval", type=float, default=5.0, metavar="S", help="seconds between samples (default: %(default)g)")
    parser.add_argument("--samples", type=int, metavar="N", help="stop after so many samples (default: no end)")
    parser.add_argument("--machine", metavar="ID", help="the device's or machine's id (default: the host's name)")
    parser.add_argument("--loopback", action="store_true", help="traffic: count the loopback interface too")
    parser.add_argument(
        "--service", action="append", default=[], metavar="NAME=PROCESS,…",
        help="load: a service and the names of its processes; may be given again for another")
    options.add_sending_options(parser, None)
    parser.set_defaults(unsent=None)


def machine_id(given: str | None) -> str:
    """The id that was given, else the host's name, made to fit."""
    return given or cleaned(platform.node(), "machine")


def target_of(args: argparse.Namespace) -> Target | None:
    """Where --to leads; None where it was not given. Raises BadTarget."""
    return read_target(args.to) if args.to is not None else None


def services_of(args: argparse.Namespace) -> dict[str, list[str]]:
    """Service → names of its processes, of options without faults."""
    pairs = (given.partition("=") for given in args.service)
    return {name: names.split(",") for name, _, names in pairs}


def unsent_of(args: argparse.Namespace, scheme: str) -> Path:
    """The file of what was not acknowledged, one for Kafka and another for a gateway."""
    wanted: Path = args.unsent or options.UNSENT
    beside = args.unsent is None or args.what == BOTH
    return wanted.with_stem(f"{wanted.stem}-gateway") if scheme == TCP and beside else wanted


def faults_of(args: argparse.Namespace) -> list[str]:
    """Every fault of the options, each with what is wanted."""
    return [*_faults_of_sampling(args), *_faults_of_target(args), *_faults_of_services(args)]


def _faults_of_sampling(args: argparse.Namespace) -> list[str]:
    faults = []
    if not 0.1 <= args.interval <= LONGEST_S:
        faults.append(f"--interval {args.interval:g}: want seconds from 0.1 to {LONGEST_S}")
    elif args.what != TRAFFIC and args.interval != int(args.interval):
        faults.append(f"--interval {args.interval:g}: want whole seconds for --as {args.what}")
    if args.samples is not None and args.samples < 1:
        faults.append(f"--samples {args.samples}: want 1 or more")
    if args.machine is not None and not IDENTIFIER.fullmatch(args.machine):
        faults.append(f"--machine {args.machine!r}: want {_IDENTIFIER_RULE}")
    return faults


def _faults_of_target(args: argparse.Namespace) -> list[str]:
    try:
        target = target_of(args)
    except BadTarget as error:
        return [f"--to {fault}" for fault in error.faults]
    faults = []
    topics = [topic for topic in (args.topic, target.topic if target else "") if topic]
    if args.what == BOTH and topics:
        faults.append(f"topic {topics[0]}: want none with --as {BOTH}, which sends two streams to two topics")
    if len(topics) == 2:
        faults.append("--topic and a topic in --to: want one of the two")
    if target and target.scheme == KAFKA and args.kafka:
        faults.append("--kafka and --to kafka://…: want one of the two")
    if target and target.scheme == TCP and args.topic:
        faults.append(f"--topic {args.topic} with --to {target}: want none, the gateway knows its topic")
    if target and target.scheme == TCP and args.what == TRAFFIC:
        faults.append(f"--to {target}: a gateway takes the load of machines; want --as {LOAD}, or kafka://…")
    return faults


def _faults_of_services(args: argparse.Namespace) -> list[str]:
    faults: list[str] = []
    taken: dict[str, str] = {}
    if args.service and args.what == TRAFFIC:
        faults.append(f"--service: want --as {LOAD} or {BOTH}")
    for given in args.service:
        name, _, names = given.partition("=")
        if not IDENTIFIER.fullmatch(name) or not all(names.split(",")):
            faults.append(f"--service {given!r}: want NAME=PROCESS,…, the name {_IDENTIFIER_RULE}")
        for word in (f"{name}=", *names.split(",")):
            if word in taken:
                faults.append(f"--service {given!r}: {word.rstrip('=')!r} is in {taken[word]!r} already")
            taken.setdefault(word, given)
    return faults
