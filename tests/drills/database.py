"""Drill 3: PostgreSQL stopped for 3 minutes, frozen for 60 s, its connections reset, under load, while pages are asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from tests.drills.drill import Drill
from tests.drills.scene import Scene
from tests.drills.site import Answer, Site, start_site

STOPPED_S, FROZEN_S, RESETS = 180, 60, 6
RATES = {"devices": 1_000, "resource_usage": 100, "billing": 100}
ASKED = ("/", "/usage", "/health", "/readyz", "/api/v1/usage")
ANSWERED_WITHIN_S = 30
"""The site itself gives a server that holds its port and answers nothing 25 s."""

SETTINGS = {"LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_GRACE_S": "0"}
_LONGEST_S = 1_800
_RESET = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def run(scene: Scene) -> None:
    speed, batch = scene.start_speed(), scene.start_batch(every_s=10)
    site = start_site(scene.layers)
    for stream, rate in RATES.items():
        scene.generate("--rate", str(rate), "--seconds", str(_LONGEST_S), "--duplicates", "0.02", "--late", "0.02",
                       "--bad", "0.01", stream=stream)
    scene.wait_for_load()
    scene.say("under load", lag_0_after_s=scene.catch_up())
    stop_it(scene, site)
    freeze_it(scene, site)
    reset_it(scene, site)
    scene.demand("both layers ran through it", speed.status is None and batch.status is None)
    for load in scene.loads:
        load.stop()
    scene.settle()
    scene.judge()


def stop_it(scene: Scene, site: Site) -> None:
    postgres = scene.stack.service("postgres")
    postgres.stop()
    try:
        answers = ask_for(site, STOPPED_S)
    finally:
        postgres.start()
        postgres.wait_ready()
    tell(scene, f"stopped for {STOPPED_S} s", answers)
    for running, words in ((scene.speed, "a service is away"), (scene.batch, "this run failed")):
        assert running is not None
        scene.demand("the layer says that PostgreSQL is away", bool(running.lines(words, "PostgreSQL")), log=words)
    back(scene, site, f"stopped for {STOPPED_S} s")


def freeze_it(scene: Scene, site: Site) -> None:
    postgres = scene.stack.service("postgres")
    postgres.freeze()
    try:
        answers = ask_for(site, FROZEN_S)
    finally:
        postgres.thaw()
    tell(scene, f"frozen for {FROZEN_S} s", answers)
    back(scene, site, f"frozen for {FROZEN_S} s")


def reset_it(scene: Scene, site: Site) -> None:
    """End every session of the database, at drawn moments."""
    ended = 0
    for _ in range(RESETS):
        ended += len(scene.layers.rows(_RESET))
        time.sleep(scene.rng.uniform(1, 6))
    scene.say("sessions ended", times=RESETS, sessions=ended)
    back(scene, site, "its sessions were ended")


def ask_for(site: Site, seconds: float) -> list[tuple[str, Answer]]:
    """Ask one path after the other, for so long."""
    answers: list[tuple[str, Answer]] = []
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for path in ASKED:
            answers.append((path, site.ask(path, within_s=ANSWERED_WITHIN_S)))
        time.sleep(min(2.0, max(left, 0)))
    return answers


def tell(scene: Scene, when: str, answers: Sequence[tuple[str, Answer]]) -> None:
    """Every answer has to come in time and name PostgreSQL; none may be a number or a stack trace."""
    wrong = [(path, answer) for path, answer in answers if not _names_postgresql(path, answer)]
    scene.demand(
        f"{when}: every page and the API say within {ANSWERED_WITHIN_S} s that PostgreSQL is away", not wrong,
        asked=len(answers), slowest_s=max(answer.seconds for _, answer in answers), wrong=len(wrong),
        **({"such_as": f"{wrong[0][0]} {wrong[0][1].status} {wrong[0][1].text[:80]!r}"} if wrong else {}))


def _names_postgresql(path: str, answer: Answer) -> bool:
    if answer.status != 503 or "Traceback" in answer.text:
        return False
    if path.startswith("/api/"):
        return bool(json.loads(answer.text)["found"] == "PostgreSQL")
    return "PostgreSQL does not answer" in answer.text


def back(scene: Scene, site: Site, after: str) -> None:
    """Lag 0 again, and every page answers again."""
    scene.say(f"back after it was {after}", lag_0_after_s=scene.catch_up(600))
    again = {path: site.ask(path).status for path in ASKED}
    scene.demand("every page answers again", set(again.values()) == {200}, after=after, **again)


DRILL = Drill("database", "3", "PostgreSQL stopped 3 min, frozen 60 s, its connections reset; pages say what is wrong",
              run, settings=SETTINGS)
