"""Drill 1: SIGKILL of the streaming job twenty times at drawn moments, under load over all declared streams."""

from __future__ import annotations

import time

from tests.drills.drill import Drill
from tests.drills.scene import Scene

KILLS = 20
LAG_0_WITHIN_S = 60
RATES = {"devices": 2_000, "resource_usage": 200, "billing": 200}
"""Messages a second: a load that two cores shared with the generators bear, and a slice holds some of each stream."""

PLAYS_A_S = 50
LONGEST_S = 1_800
SETTINGS = {"LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_SLICE_ROWS": "100000", "LAMBDAMETER_PANE_EARLY_S": "5"}
EARLY = 0.25
"""Of the kills hit a job that has not caught up yet."""

_LONGEST_LIFE_S = 12.0


def run(scene: Scene) -> None:
    scene.layers.must("speed_layer", "--once")
    start_load(scene)
    lives = [play_kill(scene, number) for number in range(1, KILLS + 1)]
    healed = sorted(seconds for seconds in lives if seconds is not None)
    scene.demand(f"lag 0 within {LAG_0_WITHIN_S} s of each restart", healed[-1] <= LAG_0_WITHIN_S,
                 slowest_s=healed[-1], median_s=healed[len(healed) // 2], restarts=len(healed), kills=KILLS)
    for load in scene.loads:
        load.stop()
    scene.settle()
    scene.say("counted", **dict(scene.layers.rows(
        "SELECT topic, sum(next_offset - first_offset)::bigint FROM stream_offset GROUP BY topic")))
    scene.judge()


def start_load(scene: Scene) -> None:
    """Live events of every stream, untidy ones among them, until they are stopped."""
    untidy = ("--late", "0.02", "--duplicates", "0.02", "--conflicts", "0.001", "--bad", "0.01")
    for stream, rate in RATES.items():
        scene.generate("--rate", str(rate), "--seconds", str(LONGEST_S), *untidy, stream=stream)
    scene.audience("--rate", str(PLAYS_A_S), "--seconds", str(LONGEST_S), "--customers", "200")
    scene.wait_for_load()


def play_kill(scene: Scene, number: int) -> float | None:
    """Start the job, kill it at a drawn moment; gives the seconds from its start to lag 0, None where it was killed
    while it still started or caught up.
    """
    started = time.monotonic()
    job = scene.speed = scene.layers.start("speed_layer")
    healed_s = None
    if scene.rng.random() >= EARLY:
        scene.catch_up(3 * LAG_0_WITHIN_S)
        healed_s = round(time.monotonic() - started, 1)
    life_s = scene.rng.uniform(0, _LONGEST_LIFE_S)
    time.sleep(life_s)
    assert job.status is None, f"the job ended by itself:\n{job.text[-4000:]}"
    job.kill()
    scene.speed = None
    scene.say("killed", number=number, lag_0_after_s=healed_s, lived_on_s=round(life_s, 1),
              slices=len(job.lines("slice committed")), lag=scene.lag())
    return healed_s


DRILL = Drill("kills", "1", "SIGKILL of the streaming job 20 times at drawn moments, under load over all streams", run,
              settings=SETTINGS)
