"""R5 and R17: how fresh what is served is at half of the highest rate, and how fast the job catches up after a stop.

The highest rate is that at which events are sent and counted on the same cores. R5: marked events of one byte each, of
one user, are sent twenty times a second beside the load; the sum of that user in `usage` tells how many are visible.
R17: the job is stopped for three minutes while the load goes on, and started again as a new process; caught up is when
no more records wait than before the stop.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg2
from confluent_kafka import Producer

from benchmarks.bench import Figure, Found, Room, Turns
from benchmarks.layers import TOPIC, Layers, highest_rate, layers_of, median_slice_s, stopped, utc_now
from metering.streams.devices import USER
from tests.lib.running import Running

PROBE = "freshness-probe"
PROBES_EVERY_S = 0.05
STOP_S = 180.0
CATCH_UPS = 3
_SETTLE_S = 20.0
_SEEN = "SELECT coalesce(sum(value), 0) FROM usage WHERE type = %s AND id = %s"


@dataclass
class Probe:
    """Sends marked events and notes how long each took to be visible."""

    producer: Producer
    cursor: psycopg2.extensions.cursor
    sent: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    def watch(self, seconds: float) -> list[float]:
        """For so long, send and look; the seconds of those that became visible meanwhile."""
        before, end = len(self.took), time.time() + seconds
        while time.time() < end:
            self._send()
            self._look()
            time.sleep(PROBES_EVERY_S)
        return self.took[before:]

    def _send(self) -> None:
        now = time.time()
        event = {"timestamp": now, "id": PROBE, "antenna_id": PROBE, "app": PROBE, "bytes": 1,
                 "event_id": uuid4().hex}
        self.producer.produce(TOPIC, json.dumps(event).encode(), key=PROBE.encode())
        self.producer.poll(0)
        self.sent.append(now)

    def _look(self) -> None:
        """Events of one key are counted in the order they were sent in."""
        self.cursor.execute(_SEEN, (USER, PROBE))
        row = self.cursor.fetchone()
        seen = int(row[0]) if row else 0
        now = time.time()
        self.took += [now - sent for sent in self.sent[len(self.took) : seen]]


@contextmanager
def probing(layers: Layers) -> Iterator[Probe]:
    """A probe on connections of its own."""
    producer = Producer({"bootstrap.servers": layers.settings.kafka.bootstrap_servers, "linger.ms": 0})
    with closing(psycopg2.connect(layers.settings.database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        yield Probe(producer, cursor)
        producer.flush(30)


def measure(room: Room) -> Found:
    """R5, then R17 under the same load; the totals are checked at the end."""
    with layers_of(room) as layers:
        speed = layers.speed("--stream", TOPIC)
        most = highest_rate(layers, room.number(1_000_000, 200_000), room.number(3_000_000, 400_000))
        room.say(f"  highest rate, the generator on the same cores: {most:,.0f} events/s")
        generator = layers.generate(most / 2)
        fresh, slice_s = _freshness(room, layers, speed)
        speed, caught = _catch_ups(room, layers, speed)
        stopped(generator)
        layers.wait_for_lag(0)
        stopped(speed)
        events = layers.check()
    trigger_s = layers.settings.slice_s
    p99s = [statistics.quantiles(one, n=100, method="inclusive")[-1] for one in fresh]
    stop_s = _stop_s(room)
    return Found(
        {"freshness, p99": Turns("s", tuple(p99s)),
         "freshness, median": Turns("s", tuple(map(statistics.median, fresh))),
         "slice": Turns("s", tuple(slice_s)), "catch-up": Turns("s", tuple(caught))},
        (Figure("R5", "freshness p99 / (trigger + median slice)",
                [p99 / (trigger_s + one) for p99, one in zip(p99s, slice_s, strict=True)], at_most=1.3),
         Figure("R17", f"catch-up after {stop_s:g} s / {stop_s:g} s", [one / stop_s for one in caught], at_most=1.1)),
        {"highest rate, events/s": round(most), "load, events/s": round(most / 2), "events": events,
         "probes": sum(map(len, fresh))})


def _freshness(room: Room, layers: Layers, speed: Running) -> tuple[list[list[float]], list[float]]:
    """Of each repeat: what the probes took, and the median slice."""
    fresh, slice_s = [], []
    with probing(layers) as probe:
        probe.watch(_SETTLE_S)
        for turn in range(room.repeats):
            since = utc_now()
            fresh.append(probe.watch(15 if room.short else 30))
            slice_s.append(median_slice_s(speed, since))
            room.say(f"  turn {turn + 1}  {len(fresh[-1])} probes, median {statistics.median(fresh[-1]):.2f} s, "
                     f"slice {slice_s[-1]:.2f} s")
    return fresh, slice_s


def _catch_ups(room: Room, layers: Layers, speed: Running) -> tuple[Running, list[float]]:
    """The job that runs now, and the seconds of each catch-up, its start as a new process included."""
    caught = []
    for turn in range(CATCH_UPS):
        usual = _usual_lag(layers)
        stopped(speed)
        time.sleep(_stop_s(room))
        began = time.monotonic()
        speed = layers.speed("--stream", TOPIC)
        layers.wait_for_lag(usual)
        caught.append(time.monotonic() - began)
        room.say(f"  turn {turn + 1}  caught up to {usual:,} records after {caught[-1]:.1f} s")
    return speed, caught


def _usual_lag(layers: Layers) -> int:
    """The most records that wait over some slices."""
    end, most = time.monotonic() + _SETTLE_S, 0
    while time.monotonic() < end:
        most = max(most, layers.lag())
        time.sleep(0.2)
    return most


def _stop_s(room: Room) -> float:
    return 15.0 if room.short else STOP_S
