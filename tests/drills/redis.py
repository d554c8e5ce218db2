"""Drill 11: Redis slow, its connections reset, stopped, a poisoned value under its keys, under load: pages and money
are not touched, predictions are "unavailable" with a reason, and no slice waits long for it.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from urllib.parse import urlsplit

from redis import Redis

from metering.domain.customer import Customer
from metering.domain.offers import Model, Score, predicted, probability
from metering.redis.connection import connect
from metering.redis.customers import save_customers
from metering.redis.scores import publish_scores
from tests.drills.billing_panes import truth_of
from tests.drills.drill import Drill
from tests.drills.load import Load
from tests.drills.scene import Scene
from tests.drills.site import Site, start_site
from tests.lib.running import Running, until
from tests.lib.tcp_proxy import TcpProxy

MODEL = Model(("morning", "mobile"), (6.0, -3.0), -1.5, 0.5, "UTC")
CUSTOMERS = [f"c{number}" for number in range(60)]
PLAYS, FEW, SLICE_S = 100, 4, 1.0
RATES = {"devices": 500, "billing": 100}
PAGES = ("/", "/usage", "/billing", "/invoices", "/offers", "/events", "/health", "/api/v1/usage")
SLOW_S, TOO_SLOW_S = 0.1, 3.0
NO_STALL_S = 6.0
"""Between two commits: a slice's second, and four blocks that each wait half a second twice at the most."""

HEALED_WITHIN_S = 15.0
SETTINGS = {"LAMBDAMETER_SLICE_S": f"{SLICE_S:g}", "LAMBDAMETER_GRACE_S": "0"}
_LONGEST_S = 1_800

_REASONS = "SELECT reason, count(*) FROM play WHERE event_id LIKE %s GROUP BY reason"
_UNFOUNDED = """
    SELECT count(*) FROM play WHERE reason <> 'scored' AND (send_event IS NOT NULL OR probability IS NOT NULL)
"""
_WINDOWS = "SELECT company, currency, window_start, cost, events FROM company_window"


@dataclass
class Stage:
    """What the phases share. `redis`: a client that goes past the proxy."""

    scene: Scene
    speed: Running
    site: Site
    proxy: TcpProxy
    redis: Redis
    phases: int = field(default=0)


def run(scene: Scene) -> None:
    url = scene.stack.env()["REDIS_URL"]
    port = urlsplit(url).port
    assert port is not None
    with TcpProxy(port) as proxy, connect(url) as client:
        scene.layers.settings["REDIS_URL"] = url.replace(f":{port}/", f":{proxy.port}/")
        load_scores(client)
        stage = Stage(scene, scene.start_speed(), start_site(scene.layers), proxy, client)
        loads = {stream: scene.generate("--rate", str(rate), "--seconds", str(_LONGEST_S), stream=stream)
                 for stream, rate in RATES.items()}
        scene.say("under load", lag_0_after_s=scene.catch_up())
        play_phases(stage)
        for load in loads.values():
            load.stop()
        scene.demand("the streaming job ran through it", stage.speed.status is None)
        scene.settle()
        compare_money(scene, loads["billing"])
        (unfounded,), = scene.layers.rows(_UNFOUNDED)
        scene.demand("no play without a score has a prediction", unfounded == 0, found=unfounded)
        scene.judge()


def play_phases(stage: Stage) -> None:
    """Each fault, and between them a Redis that is well again."""
    play(stage, "well", {"scored"})
    stage.proxy.delay_s = SLOW_S
    play(stage, "slow", {"scored"})
    stage.proxy.delay_s = TOO_SLOW_S
    play(stage, "slower than a slice waits", {"redis_away"})
    stage.proxy.delay_s = 0.0
    heal(stage)
    stage.proxy.reset_all()
    play(stage, "connections reset once", {"scored"})
    stage.proxy.resets = True
    play(stage, "every connection reset", {"redis_away"})
    stage.proxy.resets = False
    heal(stage)
    stop_it(stage)
    heal(stage)
    poison(stage.redis)
    play(stage, "poisoned", {"bad_score", "bad_customer"}, CUSTOMERS[:4])
    load_scores(stage.redis)
    play(stage, "well again", {"scored"})


def stop_it(stage: Stage) -> None:
    service = stage.scene.stack.service("redis")
    service.stop()
    try:
        play(stage, "stopped", {"redis_away"})
    finally:
        service.start()
        service.wait_ready()


def play(stage: Stage, state: str, wanted: set[str], customers: list[str] = CUSTOMERS[:50]) -> None:
    """Plays in this state of Redis: every one is decided as it has to be, pages answer, slices go on."""
    scene, began_at = stage.scene, time.time()
    stage.phases += 1
    prefix = f"p{stage.phases}-"
    began = time.monotonic()
    scene.layers.listens.send(plays_of(scene.rng, prefix, customers))
    until(lambda: sum(reasons(scene, prefix).values()) == PLAYS, f"the plays are decided, Redis {state}")
    decided_s = round(time.monotonic() - began, 1)
    found = reasons(scene, prefix)
    scene.demand(f"Redis {state}: every play has its reason", set(found) == wanted, **found)
    answers = {path: stage.site.ask(path) for path in PAGES}
    wrong = {path: answer.status for path, answer in answers.items() if answer.status != 200}
    scene.demand(f"Redis {state}: every page answers", not wrong,
                 slowest_s=max(answer.seconds for answer in answers.values()), **wrong)
    lag_0_after_s, longest_s = scene.catch_up(), longest_pause(stage.speed, began_at)
    scene.demand(f"Redis {state}: no slice stalls", longest_s <= NO_STALL_S, longest_between_commits_s=longest_s,
                 plays_decided_after_s=decided_s, lag_0_after_s=lag_0_after_s)


def reasons(scene: Scene, prefix: str) -> Counter[str]:
    return Counter({reason: int(count) for reason, count in scene.layers.rows(_REASONS, f"{prefix}%")})


def longest_pause(speed: Running, since: float) -> float:
    """Seconds between two commits since a moment; the load gives every slice something to do."""
    at = [datetime.fromisoformat(line["at"]).timestamp() for line in speed.lines("slice committed")]
    moments = [since, *(moment for moment in at if moment >= since), time.time()]
    return round(max(later - earlier for earlier, later in pairwise(moments)), 1)


def heal(stage: Stage) -> None:
    """A Redis that is back is asked again within seconds."""
    began = time.monotonic()
    probes = (f"h{stage.phases}.{number}-" for number in count())
    until(lambda: is_scored(stage, next(probes)), "plays are scored again", 4 * HEALED_WITHIN_S)
    healed_s = round(time.monotonic() - began, 1)
    stage.scene.demand("predictions are back soon after Redis is", healed_s <= HEALED_WITHIN_S, after_s=healed_s)


def is_scored(stage: Stage, prefix: str) -> bool:
    """Send a few plays and wait until they are decided."""
    plays = plays_of(stage.scene.rng, prefix, CUSTOMERS[:50])[:FEW]
    stage.scene.layers.listens.send(plays)
    until(lambda: sum(reasons(stage.scene, prefix).values()) == FEW, "a few plays are decided")
    return set(reasons(stage.scene, prefix)) == {"scored"}


def plays_of(rng: random.Random, prefix: str, customers: list[str]) -> list[dict[str, object]]:
    return [
        {"customer_id": rng.choice(customers), "track_id": f"t{rng.randrange(50)}", "is_mobile": rng.randrange(2),
         "timestamp": time.time() - rng.uniform(0, 5), "listening_zip": "01000", "event_id": f"{prefix}{number}"}
        for number in range(PLAYS)]


def load_scores(client: Redis) -> None:
    """A record and a score for each customer."""
    save_customers(client, [
        Customer(one, f"Name {one}", "30", "F", "01000", "1 Main St", "2013-01-01", "1", "GOLD", "4", "0")
        for one in CUSTOMERS])
    scores = {}
    for one in CUSTOMERS:
        rolled = random.Random(one)
        features = {"morning": rolled.random(), "mobile": rolled.random()}
        scores[one] = Score(features, probability(MODEL, features), 3, time.time())
    publish_scores(client, MODEL.to_json(3), {
        one: (str(predicted(MODEL, score.probability)), score.to_json()) for one, score in scores.items()}, 3)


def poison(client: Redis) -> None:
    """A wrong prediction, no score at all, a key of another type, a record that no table can hold."""
    client.set("pred_event:c0", "0" if client.get("pred_event:c0") == b"1" else "1")
    client.set("score:c1", b"\xff\xfe")
    client.delete("c2")
    client.lpush("c2", "x")
    client.hset("c3", "name", "a\0b")


def compare_money(scene: Scene, load: Load) -> None:
    """Every window of every company is what the producer sent."""
    assert load.truth is not None
    found = {(company, currency, start): (cost, int(events))
             for company, currency, start, cost, events in scene.layers.rows(_WINDOWS)}
    sent = truth_of(load.truth)
    scene.demand("every window of every company holds what was sent", found == sent and bool(sent),
                 windows=len(sent), differ=sum(found.get(key) != sent.get(key) for key in found.keys() | sent.keys()))


DRILL = Drill("redis", "11", "Redis slow, reset, stopped, a poisoned value: pages and money unaffected", run,
              settings=SETTINGS)
