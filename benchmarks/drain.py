"""R1, R2, R4: how fast the speed layer drains Kafka beside Spark doing less, and the CPU time it takes.

One warm session, each side from the topic's beginning in turn: Kafka → nothing, Kafka → `from_json` → nothing, and the
whole speed layer into a fresh archive and database, whose total is compared with the generator's after every turn.
"""

from __future__ import annotations

from benchmarks.bench import Figure, Found, Room, Side, ratios, take_turns
from benchmarks.cpu import PARTIES, Spent, spent
from benchmarks.draining import Drain, spark
from benchmarks.load import loaded

EVENTS, SHORT_EVENTS = 6_000_000, 800_000


def measure(room: Room) -> Found:
    """All three sides, and the CPU seconds of ours."""
    load = loaded(room, room.number(EVENTS, SHORT_EVENTS))
    cpu: list[Spent] = []
    with spark(room) as session:
        drain = Drain(room.settings, session, load)

        def ours() -> float:
            return drain.speed_layer(lambda work: cpu.append(spent(room.settings, work)))

        taken = take_turns((
            Side("kafka", "events/s", drain.rate(drain.nothing)),
            Side("from_json", "events/s", drain.rate(drain.from_json)),
            Side("speed_layer", "events/s", drain.rate(ours)),
        ), room)
    mine = taken["speed_layer"]
    figures = (
        Figure("R1", "speed layer / from_json", ratios(mine, taken["from_json"]), at_least=1.0, beyond=1.3),
        Figure("R2", "speed layer / Kafka alone", ratios(mine, taken["kafka"]), at_least=0.5, beyond=0.7),
        *_cpu_figures(cpu[1:], load.events),
    )
    return Found(taken, figures, {"events": load.events, "event_bytes": load.event_bytes})


def _cpu_figures(turns: list[Spent], events: int) -> list[Figure]:
    """CPU seconds a million events, of all and of each party; the warm turn is not among `turns`."""
    millions, unit = events / 1e6, "CPU s/M"
    whole = Figure("R4", "CPU of all that takes part", [sum(turn.values()) / millions for turn in turns], unit)
    return [whole] + [Figure("R4", f"of it {party}", [turn[party] / millions for turn in turns], unit)
                      for party in PARTIES]
