"""Fingerprints sieve: rows of equal identity are never taken for different ones, and few others are suspected."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from metering.arrow.fingerprints import fingerprints, of_places, shared


@given(st.lists(st.none() | st.text(max_size=20)), st.integers(0, 5), st.integers(0, 5))
def test_equal_texts_have_equal_fingerprints_wherever_they_lie(texts: list[str | None], cut: int, skipped: int) -> None:
    whole = pa.array(["padding", *texts], pa.string()).slice(1)
    chunked = pa.chunked_array([whole.slice(0, cut), whole.slice(cut)])

    found = fingerprints(chunked).tolist()

    alone = [int(fingerprints(pa.chunked_array([pa.array([text], pa.string())]))[0]) for text in texts]
    assert found == alone
    assert fingerprints(chunked.slice(skipped)).tolist() == alone[skipped:]


def test_a_hundred_thousand_different_identities_share_no_fingerprint() -> None:
    ids = pa.chunked_array([[f"evt-{number}" for number in range(100_000)]])

    assert len(shared(fingerprints(ids))) == 0


def test_places_that_differ_in_partition_or_offset_have_different_fingerprints() -> None:
    partitions = pa.chunked_array([[0, 0, 1, 1, 0]], pa.int32())
    offsets = pa.chunked_array([[5, 6, 5, 6, 5]], pa.int64())

    assert shared(of_places(partitions, offsets)).tolist() == [0, 4]


@given(st.lists(st.sampled_from(["a", "b", "cc", "dd", "e" * 9])))
def test_the_rows_that_are_not_alone_are_named_in_order(texts: list[str]) -> None:
    found = shared(fingerprints(pa.chunked_array([texts], pa.string())))

    assert found.tolist() == [row for row, text in enumerate(texts) if texts.count(text) > 1]
