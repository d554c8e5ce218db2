"""The rollup of costs: windows of 5 s by company and currency, numbers and decimal text alike, on every engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

from metering.domain.fold import View
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Engine, Message
from tests.spec.tables import epoch, micros, rows_of

BILLING = STREAMS["billing"]
WINDOWS = BILLING.rollup("company_window")


@dataclass(frozen=True)
class Spec:
    """`charges` in order of arrival, costs spelt as sent; the answers by window and by hour."""

    name: str
    charges: str
    windows: str
    hours: str
    repeats: int = 0
    conflicts: int = 0


SPECS = [
    Spec(
        "costs of a company and currency in half-open windows of 5 s; EUR where no currency is named",
        """
        time            | company | currency | cost         | event_id
        21:00:00        | acme    | EUR      | 1.5          | e1
        21:00:04.999999 | acme    | -        | 0.000001     | e2
        21:00:05        | acme    | EUR      | 2            | e3
        21:00:01        | acme    | USD      | 4            | e4
        21:00:01        | bolt    | EUR      | 8            | e5
        21:59:59.999999 | bolt    | null     | 16           | e6
        """,
        """
        window   | company | currency | cost     | events
        21:00:00 | acme    | EUR      | 1.500001 | 2
        21:00:05 | acme    | EUR      | 2        | 1
        21:00:00 | acme    | USD      | 4        | 1
        21:00:00 | bolt    | EUR      | 8        | 1
        21:59:55 | bolt    | EUR      | 16       | 1
        """,
        """
        window   | company | currency | cost     | events
        21:00:00 | acme    | EUR      | 3.500001 | 3
        21:00:00 | acme    | USD      | 4        | 1
        21:00:00 | bolt    | EUR      | 24       | 2
        """,
    ),
    Spec(
        "a number and decimal text are one cost: the same event in both spellings is a repeat",
        """
        time     | company | currency | cost          | event_id
        21:00:00 | acme    | EUR      | 12.500001     | e1
        21:00:00 | acme    | EUR      | "12.500001"   | e1
        21:00:00 | acme    | EUR      | "12.50000100" | e1
        21:00:00 | acme    | EUR      | 1.2500001e1   | e1
        21:00:01 | acme    | EUR      | "3"           | e2
        21:00:01 | acme    | EUR      | 3.0           | e2
        """,
        """
        window   | company | currency | cost      | events
        21:00:00 | acme    | EUR      | 15.500001 | 2
        """,
        """
        window   | company | currency | cost      | events
        21:00:00 | acme    | EUR      | 15.500001 | 2
        """,
        repeats=4,
    ),
    Spec(
        "a credit is negative: sums pass through nothing, and a window of nothing is still a window",
        """
        time     | company | currency | cost         | event_id
        21:00:00 | acme    | EUR      | 0.1          | e1
        21:00:01 | acme    | EUR      | 0.2          | e2
        21:00:02 | acme    | EUR      | "-0.3"       | e3
        21:00:00 | bolt    | EUR      | -7.000001    | e4
        21:00:01 | bolt    | EUR      | "7"          | e5
        21:00:00 | core    | EUR      | "-0"         | e6
        """,
        """
        window   | company | currency | cost      | events
        21:00:00 | acme    | EUR      | 0         | 3
        21:00:00 | bolt    | EUR      | -0.000001 | 2
        21:00:00 | core    | EUR      | 0         | 1
        """,
        """
        window   | company | currency | cost      | events
        21:00:00 | acme    | EUR      | 0         | 3
        21:00:00 | bolt    | EUR      | -0.000001 | 2
        21:00:00 | core    | EUR      | 0         | 1
        """,
    ),
    Spec(
        "exact to the last digit at the greatest costs, as numbers and as text",
        """
        time     | company | currency | cost                | event_id
        21:00:00 | acme    | EUR      | 999999999.999999    | e1
        21:00:00 | acme    | EUR      | "999999999.999999"  | e2
        21:00:00 | acme    | EUR      | 1000000000          | e3
        21:00:00 | acme    | EUR      | "1000000000.000000" | e4
        21:00:00 | acme    | EUR      | 0.000001            | e5
        21:00:00 | bolt    | EUR      | -999999999.999999   | e6
        21:00:00 | bolt    | EUR      | "-999999999.999998" | e7
        21:00:00 | bolt    | EUR      | -1000000000         | e8
        """,
        """
        window   | company | currency | cost               | events
        21:00:00 | acme    | EUR      | 3999999999.999999  | 5
        21:00:00 | bolt    | EUR      | -2999999999.999997 | 3
        """,
        """
        window   | company | currency | cost               | events
        21:00:00 | acme    | EUR      | 3999999999.999999  | 5
        21:00:00 | bolt    | EUR      | -2999999999.999997 | 3
        """,
    ),
    Spec(
        "the same identity with another cost, company or currency is a conflict; without one each is its own",
        """
        time     | company | currency | cost    | event_id
        21:00:00 | acme    | EUR      | 10      | e1
        21:00:00 | acme    | EUR      | "10.01" | e1
        21:00:00 | acme    | USD      | 10      | e1
        21:00:00 | bolt    | EUR      | 10      | e1
        21:00:00 | acme    | EUR      | 5       | -
        21:00:00 | acme    | EUR      | 5       | -
        """,
        """
        window   | company | currency | cost | events
        21:00:00 | acme    | EUR      | 20   | 3
        """,
        """
        window   | company | currency | cost | events
        21:00:00 | acme    | EUR      | 20   | 3
        """,
        repeats=3, conflicts=3,
    ),
]  # fmt: skip


def charge(row: Mapping[str, str]) -> bytes:
    """A table's row as a message; costs are spelt as in the table."""
    texts = {name: json.dumps(row[name]) for name in ("company", "currency", "event_id") if name in row}
    texts |= {"timestamp": repr(epoch(row["time"])), "cost": row["cost"]}
    pairs = [f'"{name}": {"null" if text == json.dumps("null") else text}' for name, text in texts.items()]
    return ("{" + ", ".join(pairs) + "}").encode()


def messages_of(table: str) -> list[Message]:
    return [
        Message(charge(row), micros("23:00:00") + number * 1_000_000, offset=number)
        for number, row in enumerate(rows_of(table))]


def told(table: str) -> View:
    return {
        (micros(row["window"]), row["company"], row["currency"]): (Decimal(row["cost"]), Decimal(row["events"]))
        for row in rows_of(table)}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_engine_adds_up_costs(spec: Spec, engine: Engine) -> None:
    answer = engine.count(BILLING, WINDOWS, messages_of(spec.charges), TimeRules())

    assert answer.windows == told(spec.windows)
    assert answer.hours == told(spec.hours)
    assert (answer.repeats, answer.conflicts, answer.rejected) == (spec.repeats, spec.conflicts, {})


def test_sums_keep_six_decimals(engine: Engine) -> None:
    answer = engine.count(BILLING, WINDOWS, messages_of(SPECS[2].charges), TimeRules())

    assert {str(cost) for cost, _ in answer.windows.values()} == {"0.000000", "-0.000001"}
