"""The truth: only what Kafka acknowledged, each identity once, the same as counted naively."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.domain.errors import BadSettings
from producers.generate.streams import GENERATORS
from producers.generate.truth import Truth, acknowledged_schema
from producers.sending.block import Block
from tests.unit.producers.generate.plans import START_MS, all_of, plan

DEVICES = GENERATORS["devices"]


def _block(lost: float = 0.1, seed: int = 1) -> Block:
    """All messages of a plan as one block, some of them never acknowledged."""
    sent = all_of(plan(seed=seed, events=3_000))
    block = Block("devices", sent.keys, sent.values, sent.facts)
    lots, offsets = random.Random(seed), Counter[int]()
    for index, key in enumerate(sent.keys):
        if lots.random() < lost:
            block.lose(index, "Kafka did not answer", again=False)
            continue
        partition = int((key or b"0")[-2:]) % 4
        block.acknowledge(index, partition, offsets[partition], START_MS + index // 50)
        offsets[partition] += 1
    return block


def _naive(block: Block) -> dict[str, Any]:
    """The same totals, message by message from the bytes themselves."""
    acknowledged = sorted(
        place for place in zip(block.append_ms, block.partitions, block.offsets, range(len(block)), strict=True)
        if place[2] >= 0)
    assert block.facts is not None
    kinds, reasons = block.facts["kind"].to_pylist(), block.facts["reason"].to_pylist()
    first: dict[tuple[int, str], dict[str, Any]] = {}
    found: dict[str, Any] = {
        "messages": len(acknowledged), "duplicates": 0, "conflicts": 0, "late": 0, "bad": Counter(),
        "hours": defaultdict(Counter), "windows": defaultdict(Counter)}
    for *_, index in acknowledged:
        found["late"] += kinds[index] == "late"
        if kinds[index] == "bad":
            found["bad"][reasons[index]] += 1
            continue
        event = json.loads(block.values[index] or b"")
        kept = first.setdefault((int(event["timestamp"]) // 3600, event["event_id"]), event)
        if kept is not event:
            found["duplicates" if kept == event else "conflicts"] += 1
    for event in first.values():
        for name, seconds in (("hours", 3600), ("windows", 300)):
            start = int(event["timestamp"]) // seconds * seconds
            found[name][start]["events"] += 1
            for field in ("id", "app", "antenna_id"):
                found[name][start][event[field]] += event["bytes"]
    found["distinct"] = len(first)
    found["bytes"] = sum(event["bytes"] for event in first.values())
    return found


def _flat(windows: dict[str, Any]) -> dict[int, Counter[str]]:
    """totals.json's windows in the form of the naive count."""
    flat = {}
    for start, window in windows.items():
        sums = Counter({"events": window["events"]})
        for kind in ("user_total_bytes", "app_total_bytes", "antenna_total_bytes"):
            sums.update(window[kind])
        flat[int(datetime.fromisoformat(start).timestamp())] = sums
    return flat


def test_totals_equal_a_naive_recount(tmp_path: Path) -> None:
    block = _block()

    with Truth(tmp_path, DEVICES) as truth:
        truth.record(block)

    totals, naive = json.loads((tmp_path / "totals.json").read_text()), _naive(block)
    for name in ("messages", "distinct", "duplicates", "conflicts", "late", "bad", "bytes"):
        assert totals[name] == naive[name], name
    assert _flat(totals["hours"]) == dict(naive["hours"])
    assert _flat(totals["windows"]) == dict(naive["windows"])


def test_acknowledged_has_a_row_for_each_acknowledged_message_and_no_other(tmp_path: Path) -> None:
    block = _block()

    with Truth(tmp_path, DEVICES) as truth:
        truth.record(block)

    rows = pq.read_table(tmp_path / "acknowledged.parquet")
    places = set(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True))
    assert rows.schema.equals(acknowledged_schema(DEVICES))
    assert len(rows) == block.acknowledged == len(places)
    assert places == {(block.partitions[i], block.offsets[i]) for i in range(len(block)) if block.offsets[i] >= 0}


def test_a_second_run_adds_to_the_first(tmp_path: Path) -> None:
    for seed in (1, 2):
        with Truth(tmp_path, DEVICES) as truth:
            truth.record(_block(seed=seed))

    totals = json.loads((tmp_path / "totals.json").read_text())
    singles = [_naive(_block(seed=seed)) for seed in (1, 2)]
    assert totals["messages"] == sum(single["messages"] for single in singles)
    assert totals["bytes"] == sum(single["bytes"] for single in singles)


def test_an_event_that_only_its_duplicate_brought_to_kafka_counts_once(tmp_path: Path) -> None:
    facts = _block().facts
    assert facts is not None
    good = facts.filter(pa.compute.equal(facts["kind"], "good")).slice(0, 1)
    block = Block("devices", [b"k", b"k"], [b"x", b"x"], pa.concat_tables([good, good]))
    block.lose(0, "Kafka did not answer", again=False)
    block.acknowledge(1, 0, 0, START_MS)

    with Truth(tmp_path, DEVICES) as truth:
        truth.record(block)

    totals = json.loads((tmp_path / "totals.json").read_text())
    assert (totals["distinct"], totals["duplicates"], totals["bytes"]) == (1, 0, good["bytes"][0].as_py())


def test_nothing_is_in_place_before_the_end_and_no_part_is_left_after_it(tmp_path: Path) -> None:
    with Truth(tmp_path, DEVICES) as truth:
        truth.record(_block())
        before = {path.name for path in tmp_path.iterdir()}

    after = {path.name for path in tmp_path.iterdir()}
    assert "totals.json" not in before
    assert "acknowledged.parquet" not in before
    assert after == {".lock", "totals.json", "acknowledged.parquet"}


def test_a_run_without_any_message_leaves_empty_files(tmp_path: Path) -> None:
    with Truth(tmp_path, DEVICES):
        pass

    assert json.loads((tmp_path / "totals.json").read_text())["messages"] == 0
    assert len(pq.read_table(tmp_path / "acknowledged.parquet")) == 0


def test_a_folder_that_another_generator_writes_to_is_refused(tmp_path: Path) -> None:
    with Truth(tmp_path, DEVICES), pytest.raises(BadSettings, match="another generator"):
        Truth(tmp_path, DEVICES)
