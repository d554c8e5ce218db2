"""Billing events, some late, some resent, while the speed layer is killed again and again: do its panes add up?

`python -m tests.drills.billing_panes` starts Kafka and PostgreSQL of its own, sends live events with a seed, kills the
speed layer at failpoints and at drawn moments, lets it finish, runs the batch layer, and compares every window of every
company with the producer's own truth. Status 1 where anything differs. Takes about eight minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from local_stack import Stack
from tests.integration.conftest import database, serving
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until

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


@dataclass(frozen=True)
class Asked:
    """How much of it."""

    events: int
    rate: float
    kills: int
    seed: int


@contextmanager
def fresh_deployment(folder: Path) -> Iterator[Deployment]:
    """A stack and a deployment of their own, gone afterwards."""
    stack = Stack(folder / "stack")
    try:
        stack.up()
        with database(stack.env()["DATABASE_URL"]) as template:
            assert serving(template, "migrate").returncode == 0
            (folder / "layers").mkdir()
            with deployed(stack, urlsplit(template).path.strip("/"), folder / "layers", **SETTINGS) as layers:
                yield layers
    finally:
        stack.down()


def lag(layers: Deployment) -> int:
    """Records in Kafka that no slice has committed."""
    committed = dict(layers.rows("SELECT partition, next_offset FROM stream_offset WHERE topic = 'billing'"))
    return sum(end - committed.get(partition, 0) for partition, end in layers.billing.ends().items())


def kill_again_and_again(layers: Deployment, asked: Asked, sending: Running) -> None:
    """Kill the speed layer: half of the times at a failpoint, the others at a drawn moment."""
    rng = random.Random(asked.seed)
    for number in range(1, asked.kills + 1):
        assert sending.status is None, f"all was sent before kill {number}: want a lower --rate"
        if number % 2:
            place = rng.choice(FAILPOINTS)
            layers.kill_at(place, "speed_layer", "--stream", "billing")
        else:
            slices, after_s = rng.randrange(1, 4), rng.uniform(0, 3)
            place = f"{after_s:.2f} s after slice {slices} of the run"
            running = layers.start("speed_layer", "--stream", "billing")
            running.wait_for("slice committed", times=slices)
            time.sleep(after_s)
            running.kill()
        slices, panes = layers.rows("SELECT count(*), (SELECT count(*) FROM billing_pane) FROM archive_file")[0]
        print(f"kill {number}: {place}; so far {slices} files, {panes} panes, {lag(layers)} behind", flush=True)


def count_to_the_end(layers: Deployment, sending: Running) -> None:
    """Let the sender end and the speed layer catch up; then the batch layer takes over."""
    running = layers.start("speed_layer", "--stream", "billing")
    assert sending.wait(600) == 0, sending.text
    until(lambda: lag(layers) == 0, "all is counted", 300)
    until(lambda: layers.rows("SELECT max(window_end) < (SELECT watermark FROM pane_clock) FROM billing_pending")[0][0],
          "every window has had its pane on time")
    running.signal(signal.SIGTERM)
    assert running.wait() == 0, running.text
    layers.must("batch_layer", "--stream", "billing")


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


def judge(layers: Deployment, truth: Windows) -> int:
    """Compare and print; how much is wrong."""
    found = counted(layers)
    wrong = [key for key in truth.keys() | found.keys() if truth.get(key) != found.get(key)]
    print(f"windows of companies: {len(truth)} sent, {len(found)} counted, {len(wrong)} differ")
    for key in wrong[:5]:
        print(f"  {key}: sent {truth.get(key)}, counted {found.get(key)}")
    events = sum(events for _, events in truth.values())
    print(f"distinct events: {events} sent, {sum(events for _, events in found.values())} counted; "
          f"cost {sum(value for value, _ in truth.values())} and {sum(value for value, _ in found.values())}")
    faults = len(wrong)
    for name, query in CHECKS.items():
        found_wrong = layers.rows(query)[0][0]
        print(f"{name}: {found_wrong}")
        faults += found_wrong
    return faults


def run(asked: Asked, folder: Path) -> int:
    with fresh_deployment(folder) as layers:
        print(f"seed {asked.seed}: {asked.events} events at {asked.rate:g} a second, 3 % late, 2 % resent", flush=True)
        layers.must("speed_layer", "--once", "--stream", "billing")
        truth = folder / "truth"
        sending = layers.start(
            "producers", "generate", "--stream", "billing", "--companies", "20", "--events", str(asked.events),
            "--rate", str(asked.rate), "--seed", str(asked.seed), "--late", "0.03", "--duplicates", "0.02",
            "--truth", str(truth), "--client", "confluent")
        kill_again_and_again(layers, asked, sending)
        count_to_the_end(layers, sending)
        for name, number in numbers(layers).items():
            print(f"{name}: {number}")
        faults = judge(layers, truth_of(truth))
    print("panes add up" if not faults else f"{faults} FAULTS")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills.billing_panes", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rate", type=float, default=500.0, help="events a second (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    with TemporaryDirectory(prefix="billing-panes-") as folder:
        return run(Asked(**vars(parser.parse_args())), Path(folder))


if __name__ == "__main__":
    sys.exit(main())
