"""R18: the drain on two of Spark's cores beside one: `local[2]` and `local[1]`, each in a process of its own.

Both sessions live all the time and take turns, so that the same broker and database serve them. Broker, database and
Spark share the machine: on two cores the second one is not idle either when Spark has one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from benchmarks.bench import Figure, Found, Room, Side, ratios, take_turns
from benchmarks.draining import Drain
from benchmarks.load import Load, loaded
from metering.settings import Settings
from metering.spark.session import start_session

EVENTS, SHORT_EVENTS = 6_000_000, 400_000
MASTERS = ("local[1]", "local[2]")


def measure(room: Room) -> Found:
    """Events a second of both masters."""
    load = loaded(room, room.number(EVENTS, SHORT_EVENTS))
    taken = take_turns([Side(master, "events/s", _drained_on(room, master, load)) for master in MASTERS], room)
    ratio = ratios(taken["local[2]"], taken["local[1]"])
    return Found(taken, (Figure("R18", "local[2] / local[1]", ratio, at_least=1.7),),
                 {"events": load.events, "event_bytes": load.event_bytes})


def _drained_on(room: Room, master: str, load: Load) -> Callable[[], float]:
    """A turn in a process that keeps its session from turn to turn."""
    settings = replace(room.settings, spark_master=master)
    process = room.entered.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
    return lambda: load.events / process.submit(_drain, settings, load).result()


_kept: dict[str, Drain] = {}
"""Of the process that a master has to itself."""


def _drain(settings: Settings, load: Load) -> float:
    master = settings.spark_master
    if master not in _kept:
        _kept[master] = Drain(settings, start_session(settings, "bench"), load)
    return _kept[master].speed_layer()
