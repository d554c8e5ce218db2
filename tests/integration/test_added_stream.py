"""A stream that exists nowhere but in the documentation is counted, archived, proven, by its declaration alone."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from metering.domain.event import Event, Position
from metering.domain.fold import fold
from metering.domain.judge import judge
from metering.domain.rollup import HOUR_S
from metering.domain.stream import Stream, TimeRules
from tests.lib.layers import Deployment, deployed
from tests.lib.topic import Topic

pytestmark = pytest.mark.stack

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-stream.md"
HOUR = datetime(2026, 11, 23, 9, tzinfo=UTC)
RULES = TimeRules(max_age_s=None)


@pytest.fixture
def layers(stack: Stack, migrated_template: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployed(stack, migrated_template, tmp_path, LAMBDAMETER_MAX_AGE_DAYS="0", LAMBDAMETER_GRACE_S="0") as ready:
        yield ready


@pytest.fixture
def declaration(tmp_path: Path) -> Path:
    """The page's declaration as a file."""
    [first, *_] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "doors.py"
    file.write_text(first, encoding="utf-8")
    return file


def openings() -> list[dict[str, object]]:
    """Two hours of doors opened, one of them unknown how far, one sent twice, one refused."""
    sent: list[dict[str, object]] = [
        {"timestamp": HOUR.timestamp() + 61.5 * number, "door_id": f"d{number % 3}", "badge_id": f"b{number % 5}",
         "open_s": number, "angle": (number * 7.5) % 90 if number % 4 else None, "event_id": f"e{number}"}
        for number in range(90)]
    return [*sent, sent[7], {**sent[8], "event_id": "bad", "open_s": -1}]


def events_of(stream: Stream) -> list[Event]:
    """What the reference makes of them, the first of each identity."""
    import json

    judged = [judge(stream, json.dumps(one).encode(), Position(stream.topic, 0, at), 2 * 10**15, RULES)
              for at, one in enumerate(openings())]
    return [one for one in judged if isinstance(one, Event)][:90]


def test_a_stream_is_added_by_its_declaration_alone(layers: Deployment, declaration: Path) -> None:
    [stream] = [one for one in runpy.run_path(str(declaration)).values() if isinstance(one, Stream)]
    [rollup] = stream.rollups
    topic = Topic(layers.stack.env()["KAFKA_BOOTSTRAP_SERVERS"], stream.topic, stream.subject)
    topic.make_anew()
    with_stream = ("tests.lib.with_stream", str(declaration))
    try:
        layers.rows(layers.must(*with_stream, "serving", "schema", stream.topic).text)
        topic.send(openings())
        layers.must(*with_stream, "speed_layer", "--once", "--stream", stream.topic)
        fast = layers.rows("SELECT sum(times) FROM openings")
        layers.must(*with_stream, "batch_layer")
    finally:
        topic.drop()

    events = events_of(stream)
    assert fast == [(2 * 91,)]
    assert rows(layers, stream, rollup.batch, rollup.window_column) == fold(rollup, events)
    assert rows(layers, stream, str(rollup.hourly_merged), rollup.hour_column) == fold(rollup, events, HOUR_S)
    assert layers.rows("SELECT reason FROM dead_letter WHERE topic = %s", stream.topic) == [("RANGE",)]
    proofs = layers.rows(
        "SELECT type, bool_and(ok), sum(batch), sum(duplicates) FROM proof WHERE topic = %s GROUP BY type",
        stream.topic)
    assert {kind: totals for kind, *totals in proofs if "times" in kind} == {
        "door_openings.times": [True, 90, 1], "badge_openings.times": [True, 90, 1]}
    assert all(ok for _, ok, _, _ in proofs)
    listed = [path for (path,) in layers.rows(
        "SELECT path FROM archive_file WHERE topic = %s AND superseded IS NULL", stream.topic)]
    assert sum(pq.read_metadata(layers.archive / path).num_rows for path in listed) == 91


def rows(layers: Deployment, stream: Stream, table: str, window: str) -> dict[tuple[object, ...], tuple[object, ...]]:
    """A table in the shape of the reference's view."""
    [rollup] = stream.rollups
    measures = [measure.column for measure in rollup.measures]
    columns = ", ".join((window, *rollup.dimensions, *measures))
    found = {}
    for start, *rest in layers.rows(f"SELECT {columns} FROM {table}"):  # noqa: S608  the declaration's own names
        key = (micros(start), *rest[: len(rollup.dimensions)])
        found[key] = tuple(
            micros(value) if isinstance(value, datetime) else value for value in rest[len(rollup.dimensions):])
    return found


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
