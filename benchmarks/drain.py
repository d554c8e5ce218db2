"""How fast the speed layer drains Kafka, beside Spark doing less: Kafka → from_json → nothing, Kafka → nothing.

Sends events once, then takes turns over the three sides in one warm Spark session, each from the topic's
beginning. The speed layer writes its archive and commits to a fresh database every time, and its total is
compared with the generator's own. Needs `lambdameter stack up`.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from metering.clock import SystemClock
from metering.kafka.topics import beginning_offsets, end_offsets, ensure_topic
from metering.settings import Settings, child_environment, load
from metering.spark.kafka_source import read_topics
from metering.spark.session import start_session
from metering.streams import STREAMS
from metering.telemetry import start_logging
from speed_layer.job import Job

TOPIC = "devices"
_JSON = "timestamp double, id string, antenna_id string, app string, bytes long, event_id string"


@dataclass(frozen=True)
class Load:
    """What lies in the topic: events and the sum of their bytes."""

    events: int
    total: int


def send(settings: Settings, events: int, folder: Path) -> Load:
    """Send generated events of the last three hours, each once; the truth comes from the generator."""
    subprocess.run(
        [sys.executable, "-m", "producers", "generate", "--client", "confluent", "--users", "1000", "--past", "3h",
         "--events", str(events), "--truth", str(folder)], check=True, stderr=subprocess.DEVNULL,
        env=child_environment(LAMBDAMETER_HOME=str(settings.home)))
    totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    return Load(totals["distinct"], totals["bytes"])


def drain_with_spark(session: SparkSession, settings: Settings, *, parse: bool) -> float:
    """Seconds of Kafka → (from_json →) nothing, over everything in the topic."""
    offsets = {TOPIC: beginning_offsets(settings.kafka, TOPIC)}
    frame = read_topics(session, settings.kafka, offsets, rows=settings.slice_rows)
    if parse:
        frame = frame.select(F.from_json(F.col("value").cast("string"), _JSON).alias("event")).select("event.*")
    with TemporaryDirectory() as scratch:
        writer = frame.writeStream.format("noop").option("checkpointLocation", scratch).trigger(availableNow=True)
        return timed(lambda: writer.start().awaitTermination())


def drain_with_us(session: SparkSession, settings: Settings, sent: Load) -> float:
    """Seconds of the whole speed layer, archive and commits included, into a fresh database; its total is checked."""
    mine = replace(settings, database_url=fresh_database(settings.database_url))
    with TemporaryDirectory(dir=settings.home) as archive:
        job = Job(
            replace(mine, archive=archive), {TOPIC: STREAMS[TOPIC]}, lambda: session, SystemClock(), drain=True)
        seconds = timed(job.run)
    with psycopg2.connect(mine.database_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT sum(value) FROM usage WHERE type = 'user_total_bytes'")
        row = cursor.fetchone()
    if row is None or int(row[0] or 0) != sent.total:
        raise SystemExit(f"a wrong answer scores nothing: counted {row}, sent {sent.total}")
    return seconds


def fresh_database(database_url: str) -> str:
    """A new migrated database beside the named one."""
    name = f"bench_{time.time_ns()}"
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    url = urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    subprocess.run([sys.executable, "-m", "serving", "migrate"], check=True, stderr=subprocess.DEVNULL,
                   env=child_environment(DATABASE_URL=url))
    return url


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """Measure and print; the figures go to build/drain.json too."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], epilog="example: python -m benchmarks.drain --events 4000000")
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    start_logging("text")
    settings = load("kafka", "database", "archive")
    ensure_topic(settings.kafka, TOPIC)
    if any(end_offsets(settings.kafka, TOPIC).values()):
        raise SystemExit("the topic holds events already: want a fresh `lambdameter stack up --home NEW`")
    with TemporaryDirectory() as folder:
        sent = send(settings, asked.events, Path(folder))
    session = start_session(settings, "bench")
    sides: dict[str, Callable[[], float]] = {
        "kafka": lambda: drain_with_spark(session, settings, parse=False),
        "from_json": lambda: drain_with_spark(session, settings, parse=True),
        "speed_layer": lambda: drain_with_us(session, settings, sent),
    }
    rates = measure(sides, sent.events, asked.repeats)
    session.stop()
    report(rates, sent, asked.repeats)
    return 0


def measure(sides: Mapping[str, Callable[[], float]], events: int, repeats: int) -> dict[str, list[float]]:
    """Events a second of each side, in turns, after one turn that is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, side in sides.items():
            rate = events / side()
            if turn:
                rates[name].append(rate)
            print(f"turn {turn}  {name:12} {rate:12,.0f} events/s", flush=True)
    return rates


def report(rates: Mapping[str, list[float]], sent: Load, repeats: int) -> None:
    """Print medians, ranges and ratios turn by turn."""
    ours = rates["speed_layer"]
    ratios = {
        f"speed_layer/{name}": statistics.median(mine / other for mine, other in zip(ours, rates[name], strict=True))
        for name in ("from_json", "kafka")}
    for name, found in rates.items():
        middle = statistics.median(found)
        print(f"{name:12} median {middle:10,.0f}  range {min(found):,.0f} … {max(found):,.0f} events/s")
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} (median of {repeats} turns)")
    Path("build").mkdir(exist_ok=True)
    Path("build/drain.json").write_text(
        json.dumps({"events": sent.events, "rates": rates, "ratios": ratios, "machine": platform.platform()}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
