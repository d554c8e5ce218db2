"""The kinds of bad charges."""

from __future__ import annotations

from producers.generate.bad import (
    MISTIMED,
    OVERSIZED,
    BadKind,
    having,
    ill_named,
    kinds,
    renamed,
    twice,
    unreadable,
    without,
)

_SCHEMA = kinds(
    "SCHEMA",
    text_that_is_no_number=having("cost", "twelve"),
    text_of_nothing=having("cost", ""),
    text_with_a_blank=having("cost", " 12.5"),
    text_with_an_exponent=having("cost", "1e3"),
    text_with_a_comma=having("cost", "12,50"),
    text_with_a_plus_first=having("cost", "+1"),
    text_that_says_NaN=having("cost", "NaN"),
    text_for_a_time=having("timestamp", "2021-02-19T21:00:00Z"),
    true_for_a_cost=having("cost", True),
    object_for_a_cost=having("cost", {"amount": 1}),
    number_for_text=having("company", 7),
    number_for_a_currency=having("currency", 978),
    key_given_twice=twice("cost"),
)
_REQUIRED = (
    *(BadKind(f"no {name}", "REQUIRED", without(name)) for name in ("company", "cost", "timestamp")),
    *kinds("REQUIRED", null_for_a_cost=having("cost", None), wrong_case=renamed("company", "Company"),
           cost_in_the_wrong_case=renamed("cost", "Cost")),
)
_ID = (
    *ill_named("company"),
    BadKind("currency with a sign", "ID", having("currency", "€")),
    BadKind("currency with nothing in it", "ID", having("currency", "")),
    BadKind("event_id with a slash", "ID", having("event_id", "a/b")),
)
_RANGE = kinds(
    "RANGE",
    seven_decimals=having("cost", 12.1234567),
    text_of_seven_decimals=having("cost", "12.1234567"),
    above_a_billion=having("cost", 1_000_000_000.000001),
    text_above_a_billion=having("cost", "1000000000.000001"),
    below_minus_a_billion=having("cost", "-1000000000.000001"),
    far_above=having("cost", 10**30),
)

ALL: tuple[BadKind, ...] = (
    *unreadable(b"cost=12;company=acme", "cost", "company"), *_SCHEMA, *_REQUIRED, *_ID, *_RANGE, *MISTIMED, *OVERSIZED)
