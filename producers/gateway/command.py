"""`gateway`: samples of any program over TCP, kept in a file a day and brought to Kafka."""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import uuid
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from metering.arrow.archive import Archive
from metering.clock import SystemClock
from metering.domain.errors import BadSettings
from metering.domain.stream import TimeRules
from metering.kafka.topics import ensure_topic
from metering.settings import Settings
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers import options
from producers.gateway.day_writer import DayWriter
from producers.gateway.first_buffer import FirstBuffer
from producers.gateway.inbox import FOLDER, Inbox
from producers.gateway.lines import Rules, at_the_door
from producers.gateway.lock import only_gateway
from producers.gateway.part import Part
from producers.gateway.publisher import Publisher
from producers.gateway.server import END_WITHIN_S, Limits, Server, stop_at
from producers.sending.clients import CLIENTS, open_sender
from producers.sending.sender import Sender

LOG = Log("gateway")
_TELL_EVERY_S = 30.0
_PUBLISH_AT_THE_END_S = 10.0
_LOOK_S = 1.0
_OTHER_FILES = 300
"""Open files beside the clients' own: clients that are turned away, Kafka, the inbox, libraries."""


def register(commands: Any) -> None:
    """Add the command to the command line."""
    limits = Limits()
    parser = commands.add_parser(
        "gateway", help="samples of any program over TCP, kept in a file a day and brought to Kafka",
        description="Take newline-delimited JSON samples over TCP. Each line is answered `ok` once it is on disk, or "
                    "`error: <field>: <why>`; what was answered `ok` reaches Kafka, also after a crash.",
        epilog="example: python -m producers gateway --port 7070")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0: a free one, named in the log")
    parser.add_argument("--kafka", metavar="HOST:PORT", help="instead of KAFKA_BOOTSTRAP_SERVERS")
    parser.add_argument("--client", choices=CLIENTS, default=CLIENTS[0], help="Kafka client (default: %(default)s)")
    parser.add_argument("--buffer", type=int, default=50, metavar="N", help="lines of the first buffer (50)")
    parser.add_argument("--flush-s", type=float, default=1.0, metavar="S", help="hand it on after so long anyway (1)")
    parser.add_argument("--line-bytes", type=int, default=limits.line_bytes, help="longest line (%(default)s)")
    parser.add_argument("--clients", type=int, default=limits.clients, help="most clients at once (%(default)s)")
    parser.add_argument("--idle-s", type=float, default=limits.idle_s, help="let a silent client go (%(default)g)")
    parser.add_argument("--slow-s", type=float, default=limits.slow_s,
                        help="let a client go that reads no answers for so long (%(default)g)")
    parser.add_argument("--unanswered", type=int, default=limits.unanswered,
                        help="lines of a client under way before it has to wait (%(default)s)")
    parser.add_argument("--keep-days", type=int, default=35, help="keep published day files so long (%(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Run until Ctrl-C or SIGTERM. What is on disk and not in Kafka then is published after the next start."""
    settings = options.read_settings(args, _faults(args), needs=("kafka", "archive"))
    archive = Archive(settings.archive)
    lock = Path(archive.full(FOLDER)) if archive.is_local else settings.home
    with only_gateway(lock):
        asyncio.run(_serve(args, settings, archive))


def _faults(args: argparse.Namespace) -> list[str]:
    wants = (
        ("--port", args.port, 0 <= args.port < 65_536, "a port, such as 7070"),
        ("--buffer", args.buffer, args.buffer > 0, "a number of lines, such as 50"),
        ("--flush-s", args.flush_s, 0 < args.flush_s <= 3600, "seconds, such as 1"),
        ("--line-bytes", args.line_bytes, 0 < args.line_bytes <= Limits.line_bytes, f"at most {Limits.line_bytes}"),
        ("--clients", args.clients, args.clients > 0, "a number of clients, such as 1000"),
        ("--idle-s", args.idle_s, args.idle_s > 0, "seconds, such as 600"),
        ("--slow-s", args.slow_s, args.slow_s > 0, "seconds, such as 30"),
        ("--unanswered", args.unanswered, args.unanswered > 0, "a number of lines, such as 1000"),
        ("--keep-days", args.keep_days, args.keep_days >= 1, "days, such as 35"),
        ("--client", args.client, args.client != "confluent" or find_spec("confluent_kafka"),
         "the extra for bulk, pip install 'lambdameter[bulk]'"),
        ("--clients", args.clients, _may_open(args.clients + _OTHER_FILES),
         f"at most this machine's limit of open files (ulimit -Hn) less {_OTHER_FILES}"),
    )
    return [f"{name} {given}: want {wanted}" for name, given, good, wanted in wants if not good]


def _may_open(files: int) -> bool:
    """Raise this process's limit of open files to so many; False where it may not be that high."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return True
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        return True
    return False


async def _serve(args: argparse.Namespace, settings: Settings, archive: Archive) -> None:
    stopping = asyncio.Event()
    stop_at(stopping, signal.SIGINT, signal.SIGTERM)
    clock, inbox = SystemClock(), Inbox(archive)
    publisher = Publisher(
        inbox, RESOURCE_USAGE, partial(_sender, args, settings), clock, keep_days=args.keep_days)
    writer = DayWriter(inbox, clock, asyncio.get_running_loop(), publisher.wake)
    server = Server(_rules(settings), _limits(args), FirstBuffer(args.buffer, args.flush_s, writer.take), clock)
    try:
        listening = await server.listen(args.host, args.port)
    except OSError as error:
        raise BadSettings([f"--host {args.host} --port {args.port}: {error.strerror or error}"]) from error
    writer.start()
    publisher.start()
    LOG.info("taking samples", host=args.host, port=listening.sockets[0].getsockname()[1], inbox=archive.full(FOLDER))
    telling = asyncio.create_task(_tell(server, writer, publisher))
    failure = await _until_stopped(stopping, writer, publisher)
    LOG.info("stopping: what has come is kept and answered")
    listening.close()
    await server.end(0 if failure else END_WITHIN_S)
    await asyncio.to_thread(writer.end)
    all_published = await asyncio.to_thread(publisher.end, _PUBLISH_AT_THE_END_S)
    telling.cancel()
    LOG.info("stopped", kept=writer.kept, refused=server.counts.refused, published=publisher.published,
             left="nothing" if all_published else "some samples wait on disk for the next start")
    if failure:
        raise failure


async def _until_stopped(stopping: asyncio.Event, *parts: Part) -> BaseException | None:
    """Wait for a signal, or for a part that failed: without it no sample would be kept or published any more."""
    while not stopping.is_set():
        for part in parts:
            if part.failure:
                LOG.error("a part of the gateway failed; it ends", part=part.name, why=repr(part.failure))
                return part.failure
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await stopping.wait()
    return None


async def _tell(server: Server, writer: DayWriter, publisher: Publisher) -> None:
    """A line with the counts now and then, while something happens."""
    told = None
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        counts = {
            "clients": server.clients, "kept": writer.kept, "refused": server.counts.refused,
            "turned_away": server.counts.turned_away, "published": publisher.published, "torn": publisher.skipped,
        }  # fmt: skip
        if counts != told:
            LOG.info("samples so far", **counts)
        told = counts


def _sender(args: argparse.Namespace, settings: Settings) -> Sender:
    """A Kafka client, once Kafka answers. Raises ServiceAway, or BadSettings where Kafka refuses us."""
    ensure_topic(settings.kafka, RESOURCE_USAGE.topic)
    return open_sender(args.client, settings.kafka)


def _rules(settings: Settings) -> Rules:
    times = TimeRules.from_days(settings.max_age_days, settings.max_ahead_s)
    return Rules(RESOURCE_USAGE, at_the_door(times), lambda: uuid.uuid4().hex)


def _limits(args: argparse.Namespace) -> Limits:
    return Limits(
        line_bytes=args.line_bytes, clients=args.clients, idle_s=args.idle_s, slow_s=args.slow_s,
        unanswered=args.unanswered)
