"""R3: the speed layer beside the usual demo, in one session, each on a topic of its own; rates are compared.

The target is against the demo with Spark's 200 shuffle partitions, as it is usually run; a third side runs it with two,
as a careful reader would on this machine. Short: fewer events, one turn, and without the careful side.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.bench import Figure, Found, Room, Side, ratios, take_turns
from benchmarks.databases import fresh_database
from benchmarks.draining import Drain
from benchmarks.jdbc import spark_with_jdbc
from benchmarks.load import loaded
from benchmarks.usual_demo import UsualDemo

EVENTS, SHORT_EVENTS = 6_000_000, 800_000
FOR_THE_DEMO = 10
"""The demo gets one event of so many: its time a turn would be minutes."""
PARTITIONS = {"usual demo": 200, "careful demo": 2}


def measure(room: Room) -> Found:
    """Events a second of ours and of the demo."""
    events = room.number(EVENTS, SHORT_EVENTS)
    if room.short:
        room.repeats = 1  # The demo's turns are long, and the target is far off.
    load, fewer = loaded(room, events), loaded(room, events // FOR_THE_DEMO, "demo-devices")
    with spark_with_jdbc(room) as session:
        drain = Drain(room.settings, session, load)
        url = fresh_database(room.settings.database_url)
        demos = {
            name: UsualDemo(session, room.settings.kafka, url, fewer, partitions)
            for name, partitions in PARTITIONS.items() if not (room.short and name == "careful demo")}
        taken = take_turns((
            Side("speed_layer", "events/s", drain.rate(drain.speed_layer)),
            *(Side(name, "events/s", _rate(demo)) for name, demo in demos.items()),
        ), room)
    figures = [
        Figure("R3", f"speed layer / {name}", ratios(taken["speed_layer"], taken[name]),
               at_least=12.0 if name == "usual demo" else None)
        for name in demos]
    return Found(taken, figures, {"events": load.events, "events of the demo": fewer.events})


def _rate(demo: UsualDemo) -> Callable[[], float]:
    return lambda: demo.load.events / demo.run()
