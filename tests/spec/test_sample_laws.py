"""Laws of machine samples, searched for a counterexample by Hypothesis."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.arrow.decode import decode
from metering.arrow.partial import by_hour, merge_partials, partial_sums
from metering.domain.event import Event, Position, Rejection
from metering.domain.fold import fold, merge
from metering.domain.judge import judge
from metering.domain.rollup import HOUR_S
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Message, batch_of, view_of

STREAM = STREAMS["resource_usage"]
NOW_S = 1_763_900_000
RULES = TimeRules()

percents = st.integers(0, 100_000).map(lambda steps: steps / 1000) | st.sampled_from([0, 50, 100])
readings = st.none() | percents
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6), percents,
    st.floats(0, 100), st.integers(NOW_S - 100, NOW_S))
good = st.fixed_dictionaries(
    {"machine_id": st.sampled_from(["m1", "m2"]), "cpu": readings, "ram": readings},
    optional={
        "timestamp": st.integers(NOW_S - 200, NOW_S) | st.floats(NOW_S - 200, NOW_S),
        "service": st.sampled_from(["web", "cache"]), "disk": readings, "interval_s": st.integers(1, 3600),
        "event_id": st.sampled_from(["e1", "e2", "e3"]), "extra": scalars},
)
NAMES = (
    "timestamp", "machine_id", "service", "cpu", "cpu_usage", "CPU", "memory_usage", "disk", "Disk", "interval_s",
    "Timestamp", "event_id", "extra")


@st.composite
def odd_samples(draw: st.DrawFn) -> bytes:
    """Samples with fields changed, dropped, or under other names."""
    fields = dict(draw(good)) | draw(st.dictionaries(st.sampled_from(NAMES), scalars, max_size=2))
    dropped = draw(st.sets(st.sampled_from(NAMES), max_size=1))
    return json.dumps({name: value for name, value in fields.items() if name not in dropped}).encode(
        "utf-8", "surrogatepass")


def numbered(found: Sequence[bytes]) -> list[Message]:
    return [Message(raw, NOW_S * 10**6 + offset, offset=offset) for offset, raw in enumerate(found)]


def judged(messages: Sequence[Message]) -> list[Event | Rejection]:
    return [judge(STREAM, one.raw, Position(STREAM.topic, 0, one.offset), one.ingest_us, RULES) for one in messages]


@given(st.lists(odd_samples() | good.map(json.dumps).map(str.encode), max_size=6))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arrow_decides_as_the_reference_does(found: list[bytes]) -> None:
    messages = numbered(found)

    checked = decode(STREAM, batch_of(STREAM, messages), RULES)

    verdicts = judged(messages)
    assert {letter.position.offset: letter.rejection for letter in checked.rejected} == {
        at: verdict for at, verdict in enumerate(verdicts) if isinstance(verdict, Rejection)}
    accepted = checked.accepted.set_column(
        checked.accepted.column_names.index("timestamp"), "timestamp", checked.accepted["timestamp"].cast(pa.int64()))
    columns = ("machine_id", "service", "cpu", "ram", "disk", "interval_s")
    assert sorted((row["offset"], row["timestamp"], *(row[name] for name in columns)) for row in accepted.to_pylist()) \
        == sorted((at, one.time_us, *(one.values[name] for name in columns))
                  for at, one in enumerate(verdicts) if isinstance(one, Event))


@given(st.lists(good.map(json.dumps).map(str.encode), max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_split_into_slices_and_generations_gives_the_same_merged_row(found: list[bytes], random) -> None:  # type: ignore[no-untyped-def]
    rows = decode(STREAM, batch_of(STREAM, numbered(found)), RULES).accepted
    events = [one for one in judged(numbered(found)) if isinstance(one, Event)]
    cuts = sorted(random.choices(range(len(found) + 1), k=3))
    slices = [rows.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, rows.num_rows], strict=True)]
    random.shuffle(slices)

    for rollup in STREAM.rollups:
        generations = [merge_partials(rollup, [partial_sums(STREAM, rollup, piece) for piece in half])
                       for half in (slices[:2], slices[2:])]
        whole = fold(rollup, events)
        assert view_of(rollup, merge_partials(rollup, generations)) == whole
        parts = [fold(rollup, events[at::3]) for at in range(3)]
        assert merge(rollup, merge(rollup, parts[2], parts[0]), parts[1]) == whole
        assert merge(rollup, parts[0], merge(rollup, parts[1], parts[2])) == whole
        assert merge(rollup, {}, whole) == whole


@given(st.lists(good.map(json.dumps).map(str.encode), max_size=14), st.integers(0, 14))
@settings(max_examples=100, deadline=None)
def test_sums_by_window_give_the_sums_by_hour(found: list[bytes], cut: int) -> None:
    rows = decode(STREAM, batch_of(STREAM, numbered(found)), RULES).accepted

    for rollup in STREAM.rollups:
        windows = [partial_sums(STREAM, rollup, piece) for piece in (rows.slice(0, cut), rows.slice(cut))]
        hours = by_hour(rollup, windows)
        assert view_of(rollup, hours) == view_of(rollup, partial_sums(STREAM, rollup, rows, HOUR_S))
