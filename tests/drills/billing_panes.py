"""Billing events, some late, some resent, while the speed layer is killed again and again: do its panes add up?

Beside the independent checker: every window of every company is compared with the producer's own truth.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.drills.drill import Drill
from tests.drills.load import Load
from tests.drills.scene import Scene
from tests.lib.layers import Deployment
from tests.lib.running import until

ONLY = ("--stream", "billing")
EVENTS, RATE, KILLS = 200_000, 500, 10
FAILPOINTS = ("speed-before-commit", "speed-after-commit", "speed-mid-file")
SETTINGS = {
    "LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_SLICE_ROWS": "20000", "LAMBDAMETER_GRACE_S": "0",
    "LAMBDAMETER_PANE_EARLY_S": "2", "LAMBDAMETER_PANE_LATE_S": "5",
}  # fmt: skip

Windows = dict[tuple[str, str, datetime], tuple[Decimal, int]]
"""(company, currency, start) → value, events."""

COUNTED = """
    SELECT company, currency, window_start, sum(value), sum(events)
    FROM (
        SELECT company, currency, window_start, value, events FROM billing_pane
        UNION ALL SELECT company, currency, window_start, value, events FROM billing_pending
        UNION ALL
        SELECT company, currency, window_start, value, CASE WHEN taken_back THEN -1 ELSE 1 END
        FROM billing_too_late WHERE NOT repeat
    ) AS counted
    GROUP BY company, currency, window_start
"""
CHECKS = {
    "windows with a pane number missing or twice": """
        SELECT count(*) FROM (
            SELECT FROM billing_pane GROUP BY company, currency, window_start
            HAVING count(*) <> max(pane) + 1 OR count(DISTINCT pane) <> count(*)) AS wrong
    """,
    "windows with two panes on time": """
        SELECT count(*) FROM (
            SELECT FROM billing_pane WHERE timing = 'on_time' GROUP BY company, currency, window_start
            HAVING count(*) > 1) AS wrong
    """,
    "closed windows without exactly one last pane": """
        SELECT count(*) FROM (
            SELECT FROM billing_pane AS pane LEFT JOIN billing_pending USING (company, currency, window_start)
            GROUP BY company, currency, window_start
            HAVING count(*) FILTER (WHERE is_last) <> (count(billing_pending.panes) = 0)::int) AS wrong
    """,
    "panes whose total is not the sum of those so far": """
        SELECT count(*) FROM (
            SELECT total_value, sum(value) OVER so_far AS value, total_events, sum(events) OVER so_far AS events
            FROM billing_pane WINDOW so_far AS (PARTITION BY company, currency, window_start ORDER BY pane)
        ) AS summed WHERE total_value <> value OR total_events <> events
    """,
    "proofs of panes that do not hold": "SELECT count(*) FROM proof WHERE type LIKE 'panes.%%' AND NOT ok",
    "hours that are not published": "SELECT count(*) FROM hour_state WHERE failed <> '' OR published_generation = 0",
}


def run(scene: Scene) -> None:
    scene.layers.must("speed_layer", "--once", *ONLY)
    load = scene.generate(
        "--companies", "20", "--events", str(EVENTS), "--rate", str(RATE), "--late", "0.03", "--duplicates", "0.02",
        stream="billing")
    kill_again_and_again(scene, load)
    count_to_the_end(scene, load)
    scene.say("panes", **numbers(scene.layers))
    assert load.truth is not None
    compare(scene, truth_of(load.truth))
    scene.judge()


def kill_again_and_again(scene: Scene, load: Load) -> None:
    """Kill the speed layer: half of the times at a failpoint, the others at a drawn moment."""
    for number in range(1, KILLS + 1):
        assert load.running.status is None, f"all was sent before kill {number}"
        if number % 2:
            place = scene.rng.choice(FAILPOINTS)
            scene.layers.kill_at(place, "speed_layer", *ONLY)
        else:
            slices, after_s = scene.rng.randrange(1, 4), scene.rng.uniform(0, 3)
            place = f"{after_s:.2f} s after slice {slices} of the run"
            running = scene.layers.start("speed_layer", *ONLY)
            running.wait_for("slice committed", times=slices)
            time.sleep(after_s)
            running.kill()
        panes = scene.layers.rows("SELECT count(*) FROM billing_pane")[0][0]
        scene.say("killed", number=number, at=place, panes=panes, lag=scene.lag())


def count_to_the_end(scene: Scene, load: Load) -> None:
    """Let the sender end, the speed layer catch up and every window have its pane on time; then the batch layer."""
    scene.start_speed(*ONLY)
    load.finish(600)
    scene.wait_until_counted()
    until(lambda: scene.layers.rows(
        "SELECT max(window_end) < (SELECT watermark FROM pane_clock) FROM billing_pending")[0][0],
        "every window has had its pane on time")
    scene.stop_layers()
    scene.layers.must("batch_layer", *ONLY)


def truth_of(folder: Path) -> Windows:
    """What the producer knows it sent: each event once."""
    totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    return {
        (company, currency, datetime.fromisoformat(start).astimezone(UTC)): (Decimal(sums["cost"]), sums["events"])
        for start, companies in totals["windows"].items()
        for company, currencies in companies.items() for currency, sums in currencies.items()}


def counted(layers: Deployment) -> Windows:
    """What panes, what is pending and what came too late add up to."""
    return {(company, currency, start): (value, int(events))
            for company, currency, start, value, events in layers.rows(COUNTED)}


def numbers(layers: Deployment) -> Mapping[str, Any]:
    timings = layers.rows("SELECT timing, count(*), sum(events) FROM billing_pane GROUP BY timing ORDER BY timing")
    late = layers.rows("SELECT repeat, count(*) FROM billing_too_late GROUP BY repeat ORDER BY repeat")
    return {
        "panes": {timing: f"{panes} with {events} events" for timing, panes, events in timings},
        "too late": {("repeats" if repeat else "counted"): count for repeat, count in late},
        "open windows": layers.rows("SELECT count(*) FROM billing_pending")[0][0],
        "repeats dropped": layers.rows("SELECT sum(duplicates) FROM hour_state")[0][0],
    }


def compare(scene: Scene, truth: Windows) -> None:
    """Every window of every company with the producer's truth, and the panes among themselves."""
    found = counted(scene.layers)
    wrong = [key for key in truth.keys() | found.keys() if truth.get(key) != found.get(key)]
    scene.demand("every window of every company holds what the producer sent", not wrong, windows=len(truth),
                 events=sum(events for _, events in truth.values()), cost=sum(value for value, _ in truth.values()),
                 wrong={str(key): f"sent {truth.get(key)}, counted {found.get(key)}" for key in wrong[:5]})
    for name, query in CHECKS.items():
        faults = scene.layers.rows(query)[0][0]
        scene.demand(f"no {name}", faults == 0, found=faults)


DRILL = Drill("billing-panes", "", "billing events, late and resent, under kills: panes add up", run, settings=SETTINGS)
