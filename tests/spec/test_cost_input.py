"""Costs as they come in: numbers and decimal text, good and bad, from both deciders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest

from metering.arrow.decode import _read_fast, decode
from metering.domain.event import Event, Position, Rejection
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Arrow, Engine, Message, PlainPython, batch_of

STREAM = STREAMS["billing"]
NOW_S = 1_763_900_000
GOOD: dict[str, object] = {
    "company": "acme", "cost": 12.5, "currency": "EUR", "timestamp": NOW_S - 5.5, "event_id": "e-1"}
DECIDERS: list[Engine] = [PlainPython(), Arrow()]


def changed(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def cost(spelling: str) -> bytes:
    """A message whose cost is spelt so."""
    return changed(cost="@@").replace(b'"@@"', spelling.encode())


def without(name: str, **fields: object) -> bytes:
    return json.dumps({key: value for key, value in (GOOD | fields).items() if key != name}).encode()


NO_NUMBERS = (
    "", " ", " 1", "1 ", "NaN", "nan", "Infinity", "-inf", "1e3", "1E3", "-1e-3", "+1", ".5", "1.", "-", "--1", "007",
    "00", "-01.5", "1_000", "1,000", "1,5", "0x1F", "twelve", "1.2.3", "12 EUR", "٣", "１２", "1\n", "\0", "é", "true",
    "null", '"1"', "\\", "📱", "1.5\ud800")

ROWS: list[tuple[bytes, str]] = [
    *((changed(cost=text), "SCHEMA") for text in NO_NUMBERS),
    (cost('"1e\\u0033"'), "SCHEMA"),
    (cost("true"), "SCHEMA"),
    (cost("{}"), "SCHEMA"),
    (cost("[1]"), "SCHEMA"),
    (cost('["1"]'), "SCHEMA"),
    (changed()[:-1] + b', "cost": "1"}', "SCHEMA"),
    (changed(currency=978), "SCHEMA"),
    (changed(timestamp=str(NOW_S)), "SCHEMA"),
    (cost("NaN"), "PARSE"),
    (cost("Infinity"), "PARSE"),
    (cost("01"), "PARSE"),
    (cost("+1"), "PARSE"),
    (cost(".5"), "PARSE"),
    (cost("1."), "PARSE"),
    (cost("null"), "REQUIRED"),
    (without("cost"), "REQUIRED"),
    (without("cost", Cost=1), "REQUIRED"),
    (without("currency", Currency="EUR"), "REQUIRED"),
    (without("company"), "REQUIRED"),
    (changed(currency="euro sign €"), "ID"),
    (changed(currency=""), "ID"),
    *((cost(form % spelling), "RANGE") for spelling in (
        "12.1234567", "0.0000001", "-0.0000001", "12.50000100000000000001", "1000000000.000001", "-1000000000.000001",
        "1000000001", "-1000000001", "1" + "0" * 300, "9" * 30 + ".5", "0." + "0" * 50 + "1", "0." + "0" * 300 + "1",
        "9" * 5000)
      for form in ("%s", '"%s"')),
    (cost("1e10"), "RANGE"),
    (cost("-1e400"), "RANGE"),
    (cost("1e-7"), "RANGE"),
    (cost("1e-59"), "RANGE"),
    (cost("1.7249134688607175e-59"), "RANGE"),
    (cost("1e-400"), "RANGE"),
    (cost("1e" + "9" * 30), "RANGE"),
    (cost("1e-" + "9" * 30), "RANGE"),
    (changed(cost="12.1234567", timestamp=0), "RANGE"),
    (changed(cost="12.5", timestamp=0), "ANCIENT"),
]

ACCEPTED: list[tuple[bytes, str]] = [
    *((cost(form % spelling), spelling) for spelling in (
        "0", "-0", "-0.0", "0.1", "-0.1", "12.500001", "-3", "1000000000", "-1000000000", "1000000000.000000",
        "999999999.999999", "-999999999.999999", "999999999.000001", "123456789.012345", "0.000001", "1.50000000000000",
        "1." + "0" * 5000, "-999999999.9999990")
      for form in ("%s", '"%s"')),
    (cost("5.5e1"), "55"),
    (cost("1E9"), "1000000000"),
    (cost("10e-7"), "0.000001"),
    (cost("0e" + "9" * 15), "0"),
    (cost('"\\u0031.5"'), "1.5"),
    (cost('"1.5"').replace(b'"cost"', b'"\\u0063ost"'), "1.5"),
    (cost(' \t\n\r"1.5"').replace(b'"cost":', b'"cost" \t\n\r:'), "1.5"),
    (changed(cost="1.5", note='"cost": "1e3"'), "1.5"),
    (changed(cost="1.5", note="cost"), "1.5"),
]


def shown(case: object) -> str:
    return (case.decode("utf-8", "replace") if isinstance(case, bytes) else str(case))[:60]


def among_good(raw: bytes, *others: object) -> list[Message]:
    good = [changed(event_id=f"good-{number}", cost=others[number % len(others)]) for number in range(5)]
    return numbered([*good[:2], raw, *good[2:]])


def numbered(raws: Sequence[bytes]) -> list[Message]:
    return [Message(raw, NOW_S * 10**6, offset=offset) for offset, raw in enumerate(raws)]


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
@pytest.mark.parametrize("others", [(12.5,), ("12.5",), (12.5, "12.5")], ids=["numbers", "texts", "both"])
@pytest.mark.parametrize(("raw", "reason"), ROWS, ids=shown)
def test_a_bad_cost_gets_its_reason_and_costs_no_neighbour(
    raw: bytes, reason: str, others: tuple[object, ...], decider: Engine
) -> None:
    answer = decider.count(STREAM, STREAM.rollups[0], among_good(raw, *others), TimeRules())

    assert answer.rejected == {2: reason}
    assert list(answer.windows.values()) == [(Decimal("62.5"), 5)]


@pytest.mark.parametrize("others", [(12.5,), ("12.5",), (12.5, "12.5")], ids=["numbers", "texts", "both"])
@pytest.mark.parametrize(("raw", "held"), ACCEPTED, ids=shown)
def test_a_good_cost_is_held_alike_by_both(raw: bytes, held: str, others: tuple[object, ...]) -> None:
    event = judge(STREAM, raw, Position("t", 0, 2), NOW_S * 10**6, TimeRules())
    rows = decode(STREAM, batch_of(STREAM, among_good(raw, *others)), TimeRules()).accepted.to_pylist()

    assert isinstance(event, Event)
    assert event.values["cost"] == Decimal(held)
    [row] = [row for row in rows if row["offset"] == 2]
    assert str(row["cost"]) == str(event.values["cost"])


def test_without_a_currency_it_is_euros() -> None:
    event = judge(STREAM, without("currency"), Position("t", 0, 0), NOW_S * 10**6, TimeRules())

    assert isinstance(event, Event)
    assert event.values["currency"] == "EUR"


BOUNDS = "a number -1000000000 … 1000000000, at most 6 decimals"


@pytest.mark.parametrize(("raw", "fault"), [
    (cost("12.50000100000000000001"), ("cost", "12.50000100000000000001", BOUNDS)),
    (cost('"12.1234567"'), ("cost", "'12.1234567'", BOUNDS)),
    (cost('"1e3"'), ("cost", "text", 'a number, or decimal text such as "12.5"')),
])
def test_a_hint_says_what_was_found_and_what_is_wanted(raw: bytes, fault: tuple[str, str, str]) -> None:
    found = judge(STREAM, raw, Position("t", 0, 0), NOW_S * 10**6, TimeRules())

    assert isinstance(found, Rejection)
    assert (found.field, found.found, found.hint) == fault


@pytest.mark.parametrize("forms", [("%s",), ('"%s"',), ("%s", '"%s"')], ids=["numbers", "texts", "both"])
def test_a_block_of_good_costs_is_read_as_a_block_and_not_message_by_message(forms: tuple[str, ...]) -> None:
    costs = [Decimal(steps).scaleb(-6) for steps in (1, -1, 12_500_001, -(10**15), 10**15)]
    raws = [cost(forms[at % len(forms)] % f"{one:f}") for at, one in enumerate(costs)]

    fast, rest = _read_fast(STREAM, batch_of(STREAM, numbered(raws)), TimeRules())

    assert fast is not None
    assert fast["cost"].to_pylist() == costs
    assert rest.num_rows == 0
