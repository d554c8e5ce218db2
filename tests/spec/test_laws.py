"""Laws that hold for any input, searched for a counterexample by Hypothesis."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.arrow.decode import decode
from metering.arrow.distinct import distinct_rows
from metering.arrow.partial import merge_partials, partial_sums
from metering.domain.event import Event, Position, Rejection
from metering.domain.fold import distinct, fold, merge
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import DEVICES
from tests.spec.engines import Message, batch_of, view_of

BYTES = DEVICES.rollup("bytes")
NOW_S = 1_763_900_000
RULES = TimeRules()

NAMES = ("timestamp", "id", "antenna_id", "app", "bytes", "event_id", "ID", "extra", "")
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6),
    st.sampled_from(["u1", "a-1", "=x", "\ud800", "a\0", "}{", '"', "\\", "é"]),
    st.integers(NOW_S - 40 * 86_400, NOW_S + 400), st.sampled_from([NOW_S + 0.123456, NOW_S * 1000]))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
    st.sampled_from(NAMES), inner, max_size=2), max_leaves=4)
good = st.fixed_dictionaries(
    {
        "timestamp": st.integers(NOW_S - 7000, NOW_S) | st.floats(NOW_S - 7000, NOW_S),
        "id": st.sampled_from(["u1", "u2"]), "antenna_id": st.sampled_from(["a1", "a2"]),
        "app": st.sampled_from(["X", "Y"]), "bytes": st.integers(0, 2**42),
    },
    optional={"event_id": st.sampled_from(["e1", "e2", "e3"]), "extra": scalars},
)


@st.composite
def messages_as_text(draw: st.DrawFn) -> bytes:
    """Objects with any fields, keys given twice and odd spacing among them, spelt as JSON or nearly so."""
    fields = list(draw(good).items()) + draw(st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=2))
    dropped = draw(st.sets(st.integers(0, 8), max_size=1))
    kept = draw(st.permutations([pair for at, pair in enumerate(fields) if at not in dropped]))
    colon, comma = draw(st.sampled_from([(": ", ", "), (":", ","), (" :\n", "\t,")]))
    plain = draw(st.booleans())
    text = comma.join(json.dumps(name) + colon + json.dumps(value, ensure_ascii=plain) for name, value in kept)
    return ("{" + text + "}").encode("utf-8", "surrogatepass")


raws = st.one_of(
    st.none(), st.binary(max_size=40), messages_as_text(), good.map(json.dumps).map(str.encode),
    st.tuples(messages_as_text(), st.binary(max_size=3)).map(b"".join),
    st.tuples(messages_as_text(), st.integers(1, 30)).map(lambda cut: cut[0][: -cut[1]]))


def numbered(found: Sequence[bytes | None]) -> list[Message]:
    return [Message(raw, NOW_S * 10**6, offset=offset) for offset, raw in enumerate(found)]


def judged(messages: Sequence[Message]) -> list[Event | Rejection]:
    return [judge(DEVICES, one.raw, Position("devices", 0, one.offset), one.ingest_us, RULES) for one in messages]


@given(st.lists(raws, max_size=6))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arrow_decides_as_the_reference_does_and_never_raises(found: list[bytes | None]) -> None:
    messages = numbered(found)

    checked = decode(DEVICES, batch_of(DEVICES, messages), RULES)

    verdicts = judged(messages)
    assert {letter.position.offset: letter.rejection for letter in checked.rejected} == {
        at: verdict for at, verdict in enumerate(verdicts) if isinstance(verdict, Rejection)}
    columns = ("offset", "timestamp", "id", "antenna_id", "app", "bytes", "event_id")
    accepted = checked.accepted.set_column(0, "timestamp", checked.accepted["timestamp"].cast("int64"))
    rows = zip(*(accepted[name].to_pylist() for name in columns), strict=True)
    assert sorted(rows) == [
        (at, one.time_us, *(one.values[name] for name in columns[2:6]), one.event_id)
        for at, one in enumerate(verdicts) if isinstance(one, Event)]


@given(st.lists(good.map(json.dumps).map(str.encode), max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_sums_of_any_split_in_any_order_are_the_sums_of_the_whole(found: list[bytes], random) -> None:  # type: ignore[no-untyped-def]
    rows = decode(DEVICES, batch_of(DEVICES, numbered(found)), RULES).accepted
    cuts = sorted(random.sample(range(len(found) + 1), k=min(2, len(found))))
    pieces = [rows.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, rows.num_rows], strict=True)]
    random.shuffle(pieces)

    merged = merge_partials(BYTES, [partial_sums(DEVICES, BYTES, piece) for piece in pieces])

    events = [one for one in judged(numbered(found)) if isinstance(one, Event)]
    assert view_of(BYTES, merged) == fold(BYTES, events)
    halves = [fold(BYTES, events[::2]), fold(BYTES, events[1::2])]
    assert merge(BYTES, *halves) == merge(BYTES, *reversed(halves)) == fold(BYTES, events)
    assert merge(BYTES, fold(BYTES, events), {}) == fold(BYTES, events)


@given(st.lists(good.map(json.dumps).map(str.encode), max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_first_of_an_identity_does_not_depend_on_order(found: list[bytes], random) -> None:  # type: ignore[no-untyped-def]
    events = [one for one in judged(numbered(found)) if isinstance(one, Event)]
    shuffled = random.sample(events, k=len(events))

    chosen = distinct(shuffled)

    assert set(map(id, chosen.first)) == set(map(id, distinct(events).first))
    assert distinct(chosen.first).first == chosen.first
    rows = decode(DEVICES, batch_of(DEVICES, numbered(found)), RULES).accepted
    of_hour = {event.hour_us for event in events}
    if len(of_hour) == 1:
        arrow = distinct_rows(DEVICES, rows)
        assert sorted(arrow.first["offset"].to_pylist()) == sorted(one.position.offset for one in chosen.first)
        assert sorted(arrow.conflicts["offset"].to_pylist()) == sorted(
            one.position.offset for one in chosen.conflicts)
