"""`python -m speed_layer`: the streaming job. The same file runs under spark-submit."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial

from pyspark.sql import SparkSession

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, LambdameterError
from metering.settings import Settings, load
from metering.spark.session import start_session
from metering.streams import STREAMS
from metering.telemetry import Log, start_logging
from speed_layer.alerts import Alerts
from speed_layer.job import Job
from speed_layer.offer_set import OfferSet
from speed_layer.pane_ticks import PaneTicks
from speed_layer.ticks import Ticks, note

LOG = Log("speed_layer")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; returns the exit status."""
    asked = _parser().parse_args(arguments)
    start_logging()
    try:
        return run(asked)
    except BadSettings as error:
        for fault in error.faults:
            LOG.error(fault)
        return error.exit_status
    except LambdameterError as error:
        LOG.error(str(error))
        return error.exit_status


def run(asked: argparse.Namespace) -> int:
    settings = load("kafka", "database", "archive")
    start_logging(settings.log_format)
    streams = {name: STREAMS[name] for name in asked.stream or STREAMS}
    stopping = threading.Event()
    _stop_on_signals(stopping)
    job = Job(
        settings, streams, partial(_start_spark, settings, stopping), SystemClock(), drain=asked.once,
        adopt=asked.adopt_topic, stopping=stopping)
    beside = (Ticks(job), OfferSet(job), PaneTicks(job), Alerts(job))
    for thread in beside:
        thread.start()
    try:
        job.run()
        note(job)
    finally:
        for thread in beside:
            thread.end()
        job.close()
    for thread in beside:
        thread.finish()
    done = job.progress
    LOG.info("stopped", slices=done.slices, events=done.events, rejected=done.rejected, files=done.files)
    return 0


def _start_spark(settings: Settings, stopping: threading.Event) -> SparkSession:
    session = start_session(settings, "speed_layer")
    # Spark has just put its own handler on SIGINT, which would break off the slice in hand.
    _stop_on_signals(stopping)
    return session


def _stop_on_signals(stopping: threading.Event) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m speed_layer",
        description="Count events from Kafka into PostgreSQL and archive each of them, one transaction a slice.",
        epilog="example: python -m speed_layer --once",
    )
    parser.add_argument("--once", action="store_true", help="drain what is in Kafka, commit, stop")
    parser.add_argument("--stream", action="append", choices=sorted(STREAMS), help="only this stream (repeatable)")
    parser.add_argument("--adopt-topic", action="store_true",
                        help="accept a topic with another id that holds the same records at the same offsets")
    return parser


if __name__ == "__main__":
    sys.exit(main())
