"""`python -m benchmarks.soak`: half of the highest rate for half an hour, a batch run every two minutes; what grows.

Memory, open files, table sizes, scratch folders, slice times and archive files are sampled every ten seconds; the
slope of each must stay within its bound. Machine samples and charges run beside, few enough that the independent
checker can judge them, message by message; of the main stream's events all are counted again from the archive.
Writes build/soak.json. 0: nothing grew and everything adds up.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.bench import Room, WrongAnswer, open_room
from benchmarks.layers import Layers, as_json, end_when_told, highest_rate, layers_of, slices, stopped, utc_now
from benchmarks.machine import machine
from benchmarks.samples import Sample, sample
from benchmarks.slopes import Bound, Growth, growth
from metering.domain.errors import LambdameterError
from metering.settings import child_environment
from metering.streams.billing import BILLING
from metering.streams.machines import RESOURCE_USAGE
from tests.lib.running import Running

RECORD = Path("build/soak.json")
EVERY_S, BATCH_EVERY_S = 10.0, 120
BESIDE = (RESOURCE_USAGE.topic, BILLING.topic)
BESIDE_RATE = 20

_REALTIME = re.compile(r"table (bytes|\w+_realtime|stream_\w+|layer_status|final_span|billing_pane_window)$")
BOUNDS: tuple[tuple[re.Pattern[str], Bound], ...] = (
    # The JVM's heap breathes; a leak of a kilobyte a slice would be 0.7 MB an hour, of a slice's rows hundreds.
    (re.compile(r"memory .*"), Bound(part=0.10, at_least=30)),
    (re.compile(r"open files .*"), Bound(part=0.05, at_least=6)),
    (re.compile(r"scratch"), Bound(part=0.10, at_least=20)),
    (re.compile(r"slice"), Bound(part=0.20, at_least=0.2)),
    # Rows that a publish removes: the room they leave is used again.
    (_REALTIME, Bound(part=0.20, at_least=5)),
    # 64 wait for compaction; a run and the pause before the next add four files a slice; then the whole ones.
    (re.compile(r"archive files of the largest hour"), Bound(never_above=320)),
)
"""What may grow by how much in an hour. The tables of published hours, proofs and runs are kept for ever: reported."""


@dataclass
class Soak:
    """What a run of it sees."""

    layers: Layers
    speed: Running
    batch: Running
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=utc_now)
    samples: list[tuple[float, Sample]] = field(default_factory=list)

    def watch(self, minutes: float) -> None:
        """Sample until the time is over. Raises WrongAnswer where a layer ended by itself."""
        while (now := time.monotonic() - self.began) < minutes * 60:
            for running in (self.speed, self.batch):
                if running.status is not None:
                    raise WrongAnswer(f"a layer ended with {running.status}:\n{running.text[-2000:]}")
            found = sample(self.layers, self.speed, self.batch) | {"lag": float(self.layers.lag())}
            self.samples.append((now, found))
            if len(self.samples) % 6 == 1:
                print(f"  {now:5.0f} s  lag {found['lag']:,.0f}  memory {_total(found, 'memory'):,.0f} MB  "
                      f"files {_total(found, 'open files'):,.0f}", flush=True)
            time.sleep(max(0.0, EVERY_S - (time.monotonic() - self.began - now)))

    def grown(self) -> list[Growth]:
        """The growth of everything that was sampled, and of the slices."""
        names = {name for _, found in self.samples for name in found}
        series = {name: [(at, found[name]) for at, found in self.samples if name in found] for name in sorted(names)}
        told = slices(self.speed, self.began_at)
        series["slice"] = [
            ((datetime.fromisoformat(line["at"]) - self.began_at).total_seconds(), line["slice_s"]) for line in told]
        return [growth(name, _unit(name), found, _bound(name)) for name, found in series.items() if len(found) > 3]


def _total(found: Sample, what: str) -> float:
    return sum(value for name, value in found.items() if name.startswith(what))


def _bound(name: str) -> Bound | None:
    return next((bound for pattern, bound in BOUNDS if pattern.fullmatch(name)), None)


def _unit(name: str) -> str:
    words = {"memory": "MB", "table": "MB", "scratch": "MB", "slice": "s", "lag": "records", "dead": "rows"}
    return words.get(name.split()[0], "files")


def run(room: Room, minutes: float, rate: float | None) -> dict[str, object]:
    """Soak, let everything settle, judge; what was found."""
    with layers_of(room) as layers:
        speed = layers.speed()
        most = 2 * rate if rate else highest_rate(layers, 500_000, 2_000_000)
        print(f"  load: {most / 2:,.0f} events/s", flush=True)
        generators = [layers.generate(most / 2), *(_beside(layers, topic) for topic in BESIDE)]
        batch = layers.start("batch_layer", "--every", str(BATCH_EVERY_S), LAMBDAMETER_KEEP_SUPERSEDED_S="60")
        soak = Soak(layers, speed, batch)
        soak.watch(minutes)
        for running in (*generators, batch):
            stopped(running)
        layers.wait_for_lag(0)
        grown = soak.grown()
        stopped(speed)
        judged = _judge(layers)
        runs = _runs(layers)
    return {"machine": machine(), "command": " ".join(["python -m benchmarks.soak", *sys.argv[1:]]), "rate": most / 2,
            "minutes": minutes, "judged": judged, "runs": runs,
            "growth": [asdict(one) | {"holds": one.holds} for one in grown],
            "samples": [{"at_s": at} | found for at, found in soak.samples]}


def _beside(layers: Layers, topic: str) -> Running:
    return layers.start(
        "producers", "generate", "--stream", topic, "--client", "confluent", "--rate", str(BESIDE_RATE), "--truth",
        str(layers.folder / f"truth-{topic}"))


def _judge(layers: Layers) -> dict[str, str]:
    """By stream, what is right, in words. Raises WrongAnswer."""
    stopped(layers.start("speed_layer", "--once"), None)
    stopped(layers.start("batch_layer"), None)
    judged = {"all events": f"{layers.check():,} counted alike in Kafka, archive and all three cuts"}
    settings = layers.settings
    for topic in BESIDE:
        done = subprocess.run(
            [sys.executable, "-m", "tests.lib.checker", "--bootstrap", settings.kafka.bootstrap_servers, "--database",
             settings.database_url, "--archive", settings.archive, "--topic", topic, "--acknowledged",
             str(layers.folder / f"truth-{topic}")],
            capture_output=True, text=True, check=False, env=child_environment())
        if done.returncode:
            raise WrongAnswer(f"{topic}: {done.stdout}{done.stderr}")
        judged[topic] = done.stdout.strip()
    return judged


def _runs(layers: Layers) -> list[dict[str, object]]:
    rows = layers.rows(
        "SELECT topic, started_at, extract(epoch FROM finished_at - started_at)::float, hours_published, status "
        "FROM batch_run ORDER BY run")
    return [dict(zip(("topic", "at", "seconds", "hours", "status"), row, strict=True)) for row in rows]


def table(grown: Sequence[Mapping[str, object]]) -> str:
    """The growths as text, what broke its bound first."""
    lines = [f"{'what':44} {'median':>12} {'highest':>12} {'an hour':>12} {'limit':>10}"]
    limits = [one["bound"] if one["never_above"] is None else one["never_above"] for one in grown]
    ordered = sorted(zip(grown, limits, strict=True), key=lambda pair: (
        bool(pair[0]["holds"]), pair[1] is None, str(pair[0]["name"])))
    for one, limit in ordered:
        bound = "" if limit is None else f"{limit:,.1f}"
        lines.append(f"{one['name']:44} {one['median']:12,.2f} {one['highest']:12,.2f} {one['per_hour']:12,.2f} "
                     f"{bound:>10} {one['unit']:8} {'' if one['holds'] else 'GROWS'}")
    return "\n".join(lines)


def main() -> int:
    """Soak and print. 1 where something grows or is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=(__doc__ or "").split(": ", 1)[1].splitlines()[0],
        epilog="example: python -m benchmarks.soak --minutes 30")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="events a second, instead of half of the highest rate")
    asked = parser.parse_args()
    end_when_told()
    try:
        with open_room() as room:
            found = run(room, asked.minutes, asked.rate)
    except (WrongAnswer, AssertionError, LambdameterError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    as_json(RECORD, found)
    grown = found["growth"]
    assert isinstance(grown, list)
    print(table(grown))
    print("\n".join(f"{name}: {said}" for name, said in dict(found["judged"]).items()))  # type: ignore[call-overload]
    return 0 if all(one["holds"] for one in grown) else 1


if __name__ == "__main__":
    sys.exit(main())
