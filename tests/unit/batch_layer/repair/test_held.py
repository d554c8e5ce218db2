"""Whether Kafka still has all of a damaged file's records, by the offsets it begins and ends at."""

from __future__ import annotations

import pytest

from batch_layer.repair.held import Held, Refused
from metering.domain.archive_file import RowSpan


def held(begins: int = 0, ends: int = 1_000, counted_from: int = 0) -> Held:
    return Held({2: begins}, {2: ends}, {2: counted_from})


def test_a_span_within_what_kafka_holds_is_there_to_its_edges() -> None:
    held(begins=100, ends=200).require({2: RowSpan(100, 199, 3)})


@pytest.mark.parametrize(("span", "lost"), [
    (RowSpan(90, 150, 5), "offsets 90–99 of partition 2"),
    (RowSpan(10, 20, 5), "offsets 10–20 of partition 2"),
    (RowSpan(150, 200, 5), "offsets 200–200 of partition 2"),
])  # fmt: skip
def test_the_offsets_that_kafka_lacks_are_named(span: RowSpan, lost: str) -> None:
    with pytest.raises(Refused, match=lost):
        held(begins=100, ends=200).require({2: span})


def test_a_partition_that_kafka_does_not_know_holds_nothing() -> None:
    with pytest.raises(Refused, match="partition 7"):
        held().require({7: RowSpan(0, 5, 5)})


def test_a_file_without_spans_lies_between_its_first_append_time_and_its_listing() -> None:
    wanted = held(begins=100).by_time({2: 30}, since={2: 250}, until={2: 700})

    assert not wanted.exact
    assert wanted.spans == {2: RowSpan(250, 699, 30)}


def test_up_to_the_end_where_nothing_came_since_the_listing() -> None:
    assert held().by_time({2: 30}, since={2: 250}, until={2: None}).spans == {2: RowSpan(250, 999, 30)}


@pytest.mark.parametrize(("begins", "counted_from", "since"), [
    (100, 0, 100),  # what was before offset 100 may have been the file's too
    (100, 99, 100),
    (100, 0, None),  # nothing that young is left
])  # fmt: skip
def test_it_is_refused_where_kafka_may_have_deleted_some_of_it(
    begins: int, counted_from: int, since: int | None
) -> None:
    with pytest.raises(Refused, match="partition 2 begins at offset 100"):
        held(begins, counted_from=counted_from).by_time({2: 30}, since={2: since}, until={2: None})


@pytest.mark.parametrize(("begins", "counted_from", "since"), [
    (100, 0, 101),  # an older record is left, so none of the file's was deleted
    (100, 100, 100),  # nothing before offset 100 was ever counted
])  # fmt: skip
def test_it_is_whole_where_an_older_record_is_left_or_none_was_counted(
    begins: int, counted_from: int, since: int
) -> None:
    wanted = held(begins, counted_from=counted_from).by_time({2: 30}, since={2: since}, until={2: 500})

    assert wanted.spans == {2: RowSpan(since, 499, 30)}
