"""Laws of costs, searched for a counterexample by Hypothesis: numbers, decimal text and what is neither."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.arrow.decode import decode
from metering.arrow.partial import merge_partials, partial_sums
from metering.domain.event import Event, Position, Rejection
from metering.domain.fold import fold, merge
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Message, batch_of, view_of

STREAM = STREAMS["billing"]
WINDOWS = STREAM.rollup("company_window")
NOW_S = 1_763_900_000
RULES = TimeRules()

fitting = st.integers(-(10**15), 10**15).map(lambda steps: Decimal(steps).scaleb(-6))
around = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**10), max_value=10**10)
spelt = st.one_of(
    fitting.map("{:f}".format), around.map("{:f}".format), fitting.map("{:e}".format), st.integers().map(str),
    st.from_regex(r"[-+]?[0-9]{0,12}\.?[0-9]{0,8}([eE][-+]?[0-9]{1,4})?", fullmatch=True),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", " ", "NaN", "-", "1e400", "-0", "0e9999999999999999999", "٣", "\\u0031", "1\\"]))
costs = st.one_of(
    spelt, spelt.map('"{}"'.format), st.text(max_size=4).map(json.dumps),
    st.sampled_from(["null", "true", "{}", "[1]", "NaN"]))
KEYS = (
    '"company": "acme"', '"company":"bolt"', '"currency": "USD"', '"currency": null', '"Currency": "EUR"',
    '"event_id": "e1"', '"event_id":"e2"', '"note": "cost"', '"note": "\\"cost\\": \\"1e3"', '"cost": "1"')


@st.composite
def charges(draw: st.DrawFn) -> bytes:
    """Messages in any order of keys and any spelling of the cost, some of them twice."""
    colon = draw(st.sampled_from([":", ": ", " :\n\t"]))
    name = draw(st.sampled_from(["cost", "cost", "cost", "\\u0063ost", "Cost"]))
    pairs = [f'"{name}"{colon}{draw(costs)}', f'"timestamp":{draw(st.integers(NOW_S - 60, NOW_S))}']
    pairs += draw(st.lists(st.sampled_from(KEYS), max_size=3)) or ['"company":"acme"']
    return ("{" + ", ".join(draw(st.permutations(pairs))) + "}").encode("utf-8", "surrogatepass")


good = st.builds(
    lambda company, cost, form, second: (
        f'{{"company":"{company}","cost":{form % f"{cost:f}"},"timestamp":{NOW_S - second}}}'.encode()),
    st.sampled_from(["acme", "bolt"]), fitting, st.sampled_from(["%s", '"%s"']), st.integers(0, 20))


def numbered(found: Sequence[bytes]) -> list[Message]:
    return [Message(raw, NOW_S * 10**6 + offset, offset=offset) for offset, raw in enumerate(found)]


def judged(messages: Sequence[Message]) -> list[Event | Rejection]:
    return [judge(STREAM, one.raw, Position(STREAM.topic, 0, one.offset), one.ingest_us, RULES) for one in messages]


@given(st.lists(charges() | good, max_size=6))
@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arrow_decides_as_the_reference_does(found: list[bytes]) -> None:
    messages = numbered(found)

    checked = decode(STREAM, batch_of(STREAM, messages), RULES)

    verdicts = judged(messages)
    assert {letter.position.offset: letter.rejection for letter in checked.rejected} == {
        at: verdict for at, verdict in enumerate(verdicts) if isinstance(verdict, Rejection)}
    times = checked.accepted["timestamp"].cast(pa.int64()).to_pylist()
    columns = ("offset", "company", "cost", "currency", "event_id")
    rows = zip(times, *(checked.accepted[name].to_pylist() for name in columns), strict=True)
    assert sorted(rows, key=lambda row: row[1]) == [
        (one.time_us, at, *(one.values[name] for name in columns[1:4]), one.event_id)
        for at, one in enumerate(verdicts) if isinstance(one, Event)]


@given(fitting, st.sampled_from(["%s", '"%s"']))
def test_every_cost_in_bounds_is_held_to_its_last_digit(cost: Decimal, form: str) -> None:
    raw = f'{{"company":"acme","cost":{form % f"{cost:f}"},"timestamp":{NOW_S}}}'.encode()

    [event] = judged(numbered([raw]))

    assert isinstance(event, Event)
    assert event.values["cost"] == cost


@given(st.lists(good, max_size=14), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_split_into_slices_and_generations_gives_the_same_sums(found: list[bytes], random) -> None:  # type: ignore[no-untyped-def]
    rows = decode(STREAM, batch_of(STREAM, numbered(found)), RULES).accepted
    events = [one for one in judged(numbered(found)) if isinstance(one, Event)]
    cuts = sorted(random.choices(range(len(found) + 1), k=3))
    slices = [rows.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, rows.num_rows], strict=True)]
    random.shuffle(slices)

    generations = [merge_partials(WINDOWS, [partial_sums(STREAM, WINDOWS, piece) for piece in half])
                   for half in (slices[:2], slices[2:])]

    whole = fold(WINDOWS, events)
    assert view_of(WINDOWS, merge_partials(WINDOWS, generations)) == whole
    assert merge(WINDOWS, *(fold(WINDOWS, events[at::3]) for at in (2, 0, 1))) == whole
    assert sum(cost for cost, _ in whole.values()) == sum(event.values["cost"] for event in events)
