"""build/bench.json and the tables made from it; the best of some tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench, Figure, Found, Turns
from benchmarks.record import Record, markdown, read, report
from benchmarks.running import better
from metering.domain.errors import BadSettings

DRAIN = Bench("drain", ("R1", "R2"), "draining", "drain")
UPSERT = Bench("upsert", ("R6",), "upserting", "upsert")
MACHINE = {
    "date": "2026-11-24T23:00:00+00:00", "commit": "abc", "cores": 2, "memory_gb": 24, "kernel": "6", "python": "3.11",
    "java": "17", "spark": "4.2", "postgresql": "18.4", "pyarrow": "26", "load_before": 0.5}


def found(value: float) -> Found:
    return Found(
        {"ours": Turns("events/s", (value * 100_000, value * 300_000))},
        (Figure("R1", "ours / theirs", (value, value, 9.0), at_least=1.0, beyond=1.3),), {"events": 7})


def test_a_bench_that_runs_again_replaces_its_own_entry_only(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    record = Record(path, "python -m benchmarks")
    record.keep(DRAIN, found(0.5), MACHINE)
    record.keep(UPSERT, found(1.1), MACHINE)

    record.keep(DRAIN, found(0.9), MACHINE | {"commit": "def"})

    kept = read(path)
    assert {name: entry["figures"][0]["value"] for name, entry in kept.items()} == {"drain": 0.9, "upsert": 1.1}
    assert kept["drain"]["machine"]["commit"] == "def"
    assert kept["drain"]["sides"]["ours"]["turns"] == [90_000.0, 270_000.0]
    assert kept["drain"]["facts"] == {"events": 7}


def test_nothing_measured_yet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="make bench"):
        read(tmp_path / "bench.json")


@pytest.mark.parametrize(("value", "said"), [
    (0.9, "≥ 1: missed by 10%"), (1.1, "≥ 1: reached |"), (1.4, "≥ 1: reached, and 1.3"),
])
def test_the_table_says_whether_a_target_was_reached(tmp_path: Path, value: float, said: str) -> None:
    path = tmp_path / "bench.json"
    Record(path, "python -m benchmarks drain").keep(DRAIN, found(value), MACHINE)

    table = markdown(read(path))

    assert f"| R1 | ours / theirs | {value} | {value} … 9 | {said}" in table
    assert "| `python -m benchmarks drain` |" in table
    assert f"| R1 | ours | {value * 200_000:,.0f} events/s |" in table


def test_what_is_printed_names_the_figures_and_the_facts() -> None:
    said = report(found(0.9))

    assert "target ≥ 1: missed by 10%" in said
    assert "events: 7" in said


def test_of_some_tries_each_figure_counts_by_its_best() -> None:
    first = (Figure("R6", "new", (0.5,), at_least=0.75), Figure("R6", "again", (0.5,), at_least=0.5))
    second = (Figure("R6", "new", (0.7,), at_least=0.75), Figure("R6", "again", (0.2,), at_least=0.5))

    best = better(better({}, first), second)

    assert [figure.value for figure in best.values()] == [0.7, 0.5]
