"""Spans of offsets: nothing seen twice, nothing skipped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.errors import Damaged
from metering.domain.spans import DELETED, Run, gaps_between, spans_of
from metering.store.ledger import starting_offsets


def runs(*bounds: tuple[int, int], partition: int = 0) -> list[Run]:
    return [Run(partition, first, last, last_append=last) for first, last in bounds]


def test_a_span_covers_its_runs_in_any_order() -> None:
    (span,) = spans_of(runs((8, 9), (3, 5)))

    assert (span.first, span.last, span.rows, span.last_append) == (3, 9, 5, 9)


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 3))
def test_seen_and_gaps_cover_everything_from_expected_to_the_last(offsets: set[int], behind: int) -> None:
    found = runs(*((offset, offset) for offset in offsets))
    expected = max(0, min(offsets) - behind)

    gaps = gaps_between(0, expected, found)

    stepped_over = [offset for gap in gaps for offset in range(gap.first, gap.last + 1)]
    assert sorted([*stepped_over, *offsets]) == list(range(expected, max(offsets) + 1))


def test_a_start_reads_on_where_the_ledger_stands_and_names_what_kafka_deleted() -> None:
    starts, gaps = starting_offsets("t", {0: 5, 1: 5}, beginning={0: 0, 1: 8, 2: 3}, end={0: 9, 1: 9, 2: 3})

    assert starts == {0: 5, 1: 8, 2: 3}
    assert [(gap.partition, gap.first, gap.last, gap.reason) for gap in gaps] == [(1, 5, 7, DELETED)]


def test_a_log_that_ends_before_the_ledger_is_not_the_log_read_before() -> None:
    with pytest.raises(Damaged, match="ends at 4, but offset 5 was reached"):
        starting_offsets("t", {0: 5}, beginning={0: 0}, end={0: 4})
