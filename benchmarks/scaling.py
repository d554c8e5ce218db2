"""`python -m benchmarks.scaling`: what the cost of counting grows with, in build/scaling.json and as a table.

Each step is an installation of its own. `partitions` and `keys`: the streaming job drains a topic in slices, then the
batch layer recounts the hours. `hours`: the batch layer recounts one new hour where so many were published before.
`books`: the questions over the books of so many hours. Every count is checked against Kafka and the archive.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench import Room, WrongAnswer, open_room
from benchmarks.books import fill_books, question_times
from benchmarks.databases import drop_database, fresh_database
from benchmarks.layers import TOPIC, Layers, as_json, end_when_told, layers_of, slices, stopped
from benchmarks.machine import machine
from benchmarks.slopes import Samples
from metering.clock import SystemClock
from metering.domain.errors import LambdameterError

RECORD = Path("build/scaling.json")
EVENTS = 1_200_000
SLICE_ROWS = 200_000
COLD_SLICES = 2
PARTITIONS = (1, 2, 4)
KEYS = (10, 1_000, 100_000)
HOURS = (1, 24, 720)
BOOKS = (24, 720, 8760)


def drained(room: Room, events: int, *, partitions: int = 4, users: int = 1_000) -> dict[str, float]:
    """Of so many events of ten minutes: microseconds an event in a slice, of them in the commit; the batch run after.
    """
    with layers_of(room, partitions) as layers:
        _send(layers, events, users)
        speed = layers.start("benchmarks.told_layer", "--once", "--stream", TOPIC,
                             LAMBDAMETER_SLICE_ROWS=str(SLICE_ROWS))
        stopped(speed, None)
        warm = slices(speed)[COLD_SLICES:]
        commits = [line["commit_s"] for line in speed.lines('"slice committed"')][COLD_SLICES:]
        realtime_rows = layers.rows("SELECT count(*) FROM bytes")[0][0]
        run_s = _batch(layers)
        counted = layers.check()
        return {
            "partitions": partitions, "users": users, "events": counted,
            "slice us/event": 1e6 * sum(line["slice_s"] for line in warm) / sum(line["records"] for line in warm),
            "commit s": statistics.median(commits), "realtime rows": realtime_rows,
            "batch run s": run_s, "batch rows": layers.rows("SELECT count(*) FROM bytes_batch")[0][0]}


def one_new_hour(room: Room, events: int, hours: int) -> dict[str, float]:
    """Seconds of a batch run that recounts one new hour where so many were published before."""
    with layers_of(room) as layers:
        fill_books(layers.settings.database_url, hours, SystemClock().now() - timedelta(hours=1))
        _send(layers, events, 1_000)
        stopped(layers.start("speed_layer", "--once", "--adopt-topic", "--stream", TOPIC), None)
        run_s = _batch(layers)
        if layers.rows("SELECT sum(events) FROM hour_state WHERE published_generation > %s", hours)[0][0] != events:
            raise WrongAnswer("the new hours do not hold what was sent")
        return {"hours": hours, "events": events, "batch run s": run_s}


def books(room: Room, hours: int) -> dict[str, float]:
    """Milliseconds of each question over the books of so many hours."""
    url = fresh_database(room.settings.database_url)
    try:
        now = SystemClock().now()
        fill_books(url, hours, now)
        return {"hours": hours} | question_times(url, hours, now)
    finally:
        drop_database(room.settings.database_url, url)


def _send(layers: Layers, events: int, users: int) -> None:
    """Events of the last ten minutes, so that keys and windows do not change with their number."""
    stopped(layers.start(
        "producers", "generate", "--client", "confluent", "--past", "10m", "--users", str(users), "--events",
        str(events)), None)


def _batch(layers: Layers) -> float:
    """Seconds of a batch run over the topic; Spark starts within it, which the slopes leave out."""
    stopped(layers.start("batch_layer", "--stream", TOPIC), None)
    question = (
        "SELECT extract(epoch FROM finished_at - started_at)::float FROM batch_run "
        "WHERE topic = %s AND finished_at IS NOT NULL ORDER BY run DESC LIMIT 1")
    return float(layers.rows(question, TOPIC)[0][0])


Step = Callable[[Room], dict[str, float]]


def steps(events: int) -> dict[str, list[Step]]:
    """What is measured, family by family."""
    return {
        "partitions": [partial(drained, events=events, partitions=count) for count in PARTITIONS],
        "keys": [partial(drained, events=events, users=count) for count in KEYS],
        "hours": [partial(one_new_hour, events=events // 4, hours=count) for count in HOURS],
        "books": [partial(books, hours=count) for count in BOOKS],
    }


def slope(points: Samples) -> float:
    """The least squares' slope of y over x."""
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def slopes(found: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """What an event, a key and an hour cost, from the steps that were measured."""
    costs: dict[str, float] = {}
    if keys := found.get("keys"):
        slices_of = [step["events"] / SLICE_ROWS for step in keys]
        costs["commit, us a realtime row"] = 1e6 * slope([
            (step["realtime rows"] / count, step["commit s"]) for step, count in zip(keys, slices_of, strict=True)])
        costs["batch run, us a batch row"] = 1e6 * slope([(step["batch rows"], step["batch run s"]) for step in keys])
        costs["slice, us an event with 1,000 keys"] = next(
            step["slice us/event"] for step in keys if step["users"] == 1_000)
    if hours := found.get("hours"):
        costs["batch run, ms a published hour"] = 1e3 * slope([(step["hours"], step["batch run s"]) for step in hours])
    for name in found["books"][0] if found.get("books") else ():
        if name != "hours":
            points = [(step["hours"], step[name]) for step in found["books"]]
            costs[f"{name}, us a published hour"] = 1e3 * slope(points)
    return costs


def table(found: Mapping[str, Sequence[Mapping[str, float]]], costs: Mapping[str, float]) -> str:
    """All steps and slopes, as Markdown."""
    parts = []
    for steps_of in found.values():
        names = list(steps_of[0])
        rows = [names, ["---"] * len(names), *([_digits(step[name]) for name in names] for step in steps_of)]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    parts.append("\n".join(f"- {name}: {_digits(cost)}" for name, cost in costs.items()))
    return "\n\n".join(parts)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def main() -> int:
    """Measure and print. 1: something was counted wrongly."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=(__doc__ or "").split(": ", 1)[1].splitlines()[0],
        epilog="example: python -m benchmarks.scaling keys books")
    parser.add_argument("families", nargs="*", metavar="FAMILY", help="partitions, keys, hours, books; all without one")
    parser.add_argument("--events", type=int, default=EVENTS)
    asked = parser.parse_args()
    chosen = {name: family for name, family in steps(asked.events).items() if name in (asked.families or steps(0))}
    end_when_told()
    try:
        for name, family in chosen.items():
            keep(name, machine(), [_taken(name, step) for step in family])
    except (WrongAnswer, AssertionError, LambdameterError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    found = {name: kept["steps"] for name, kept in read().items()}
    print(table(found, slopes(found)))
    return 0


def _taken(name: str, step: Step) -> dict[str, float]:
    began = time.monotonic()
    with open_room() as room:
        found = step(room)
    print(f"{name}, {time.monotonic() - began:.0f} s: {found}", flush=True)
    return found


def read() -> dict[str, Any]:
    """The families that were measured, each as it was last."""
    return json.loads(RECORD.read_text(encoding="utf-8"))["families"] if RECORD.exists() else {}


def keep(name: str, on: Mapping[str, object], steps_of: Sequence[Mapping[str, float]]) -> None:
    """Keep a family's steps beside those of other families, and the slopes of all."""
    command = " ".join(["python -m benchmarks.scaling", *sys.argv[1:]])
    families = read() | {name: {"machine": on, "command": command, "steps": steps_of}}
    as_json(RECORD, {
        "families": families, "slopes": slopes({name: kept["steps"] for name, kept in families.items()})})


if __name__ == "__main__":
    sys.exit(main())
