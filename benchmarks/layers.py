"""The product's programs at work for a bench: the streaming job, the generator, the batch layer, each a process."""

from __future__ import annotations

import json
import signal
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.bench import Room, WrongAnswer
from metering.kafka.topics import end_offsets, ensure_topic
from metering.settings import Settings, child_environment
from metering.streams.devices import DEVICES
from tests.lib.running import Line, Running, until

TOPIC = DEVICES.topic
USERS = 1000
_CATCHES_UP_WITHIN_S = 900.0


@dataclass
class Layers:
    """Programs started on the services of `settings`; what still runs is killed at the end."""

    settings: Settings
    folder: Path
    _started: list[Running] = field(default_factory=list)

    def start(self, module: str, *arguments: str, **changes: str) -> Running:
        """Start `python -m module`."""
        environment = child_environment(LAMBDAMETER_HOME=str(self.settings.home), LAMBDAMETER_LOG="json", **changes)
        log = self.folder / f"{len(self._started):03}-{module.split('.')[-1]}.log"
        self._started.append(Running([sys.executable, "-m", module, *arguments], environment, log))
        return self._started[-1]

    def speed(self, *arguments: str) -> Running:
        """The streaming job; given back once it counts."""
        running = self.start("benchmarks.told_layer", *arguments)
        running.wait_for('"counting"')
        return running

    def generate(self, rate: float, *arguments: str) -> Running:
        """Live events at a rate, 0 as fast as possible, until they are all sent or it is stopped."""
        sending = ("--client", "confluent", "--users", str(USERS), "--rate", f"{rate:.0f}")
        return self.start("producers", "generate", *sending, *arguments)

    def sent_all(self, *arguments: str) -> int:
        """Send live events as fast as possible; how many records Kafka has more."""
        before = self.end()
        stopped(self.generate(0, *arguments), None)
        return self.end() - before

    def end(self) -> int:
        """How many records Kafka has."""
        return sum(end_offsets(self.settings.kafka, TOPIC).values())

    def counted(self) -> int:
        """How many of them are committed."""
        return int(self.rows("SELECT coalesce(sum(next_offset), 0) FROM stream_offset WHERE topic = %s", TOPIC)[0][0])

    def lag(self) -> int:
        """Records that are not committed."""
        return self.end() - self.counted()

    def wait_for_lag(self, most: int, every_s: float = 0.2) -> float:
        """Seconds until no more than so many records wait. Raises WrongAnswer after a quarter of an hour."""
        began = time.monotonic()
        while (lag := self.lag()) > most:
            if time.monotonic() - began > _CATCHES_UP_WITHIN_S:
                raise WrongAnswer(f"{lag} records still wait after {_CATCHES_UP_WITHIN_S:.0f} s")
            time.sleep(every_s)
        return time.monotonic() - began

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        with closing(psycopg2.connect(self.settings.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(question, values or None)
            return cursor.fetchall()

    def check(self) -> int:
        """The events counted, where offsets, archived rows, dead letters and the sums by all cuts agree."""
        sums = self.rows("SELECT type, sum(value) FROM usage GROUP BY type")
        archived, total = archived_events(self.settings.archive, self.rows(
            "SELECT path FROM archive_file WHERE topic = %s AND superseded IS NULL", TOPIC))
        dead = self.rows("SELECT count(*) FROM dead_letter WHERE topic = %s AND reason <> 'CONFLICT'", TOPIC)[0][0]
        if self.end() != archived + dead or {int(value) for _, value in sums} != {total} or len(sums) != 3:
            raise WrongAnswer(f"Kafka {self.end()}, archived {archived}, dead {dead}, bytes {total}, served {sums}")
        return archived

    def kill(self) -> None:
        """End whatever still runs."""
        for running in self._started:
            running.kill()


def end_when_told() -> None:
    """End in order on SIGTERM: what a bench has started is in sessions of its own and would live on."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextmanager
def layers_of(room: Room, partitions: int = 4) -> Iterator[Layers]:
    """Layers on the room's services, a migrated database and a topic of so many partitions."""
    layers = Layers(room.settings, room.folder)
    end_when_told()
    try:
        stopped(layers.start("serving", "migrate"), None)
        ensure_topic(room.settings.kafka, TOPIC, partitions)
        yield layers
    finally:
        layers.kill()


def archived_events(root: str, paths: Iterable[tuple[str]]) -> tuple[int, int]:
    """Rows and bytes of archive files, read by Arrow alone."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    events = total = 0
    for (path,) in paths:
        column = pq.read_table(Path(root, path), columns=["bytes"])["bytes"]
        events, total = events + len(column), total + int(pc.sum(column).as_py() or 0)
    return events, total


def stopped(running: Running, by: signal.Signals | None = signal.SIGTERM, within_s: float = 900) -> None:
    """Ask a program to stop, or with None wait for its end; anything but 0 is a WrongAnswer."""
    if by:
        running.signal(by)
    if running.wait(within_s):
        raise WrongAnswer(f"ended with {running.status}:\n{running.text[-2000:]}")


def highest_rate(layers: Layers, warm: int, events: int) -> float:
    """Events a second that are sent and counted on the same cores: all of them, from the first sent to the last
    committed, with the job warm."""
    layers.sent_all("--events", str(warm))
    layers.wait_for_lag(0)
    before = layers.end()
    generator = layers.generate(0, "--events", str(events))
    until(lambda: layers.end() > before, "the generator sends")
    began = time.monotonic()
    stopped(generator, None)
    layers.wait_for_lag(0)
    return (layers.end() - before) / (time.monotonic() - began)


def slices(speed: Running, since: datetime | None = None) -> list[Line]:
    """The job's slices, told after a moment."""
    lines = speed.lines('"slice told"')
    return [line for line in lines if since is None or datetime.fromisoformat(line["at"]) >= since]


def median_slice_s(speed: Running, since: datetime | None = None) -> float:
    """The median length of its slices."""
    return statistics.median(line["slice_s"] for line in slices(speed, since))


def utc_now() -> datetime:
    """Now, as the logs write it."""
    return datetime.now(UTC)


def as_json(path: Path, found: object) -> None:
    """Keep what was found."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(found, indent=1, default=str), encoding="utf-8")
