"""The looks over a whole column say what the rule says of each text."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from metering.arrow.identifiers import all_identifiers, few_texts_fit, many_texts_fit
from metering.domain.stream import IDENTIFIER

TEXTS = st.one_of(
    st.none(), st.from_regex(IDENTIFIER, fullmatch=True), st.text(max_size=4),
    st.sampled_from(["", "a" * 64, "a" * 65, "-a", "a\n", "é", "a b", "0._:-"]))


def by_rule(text: str | None) -> bool | None:
    return None if text is None else bool(IDENTIFIER.fullmatch(text))


@given(texts=st.lists(TEXTS, max_size=6), before=st.lists(TEXTS, max_size=2))
def test_a_column_fits_where_each_of_its_texts_does(texts: list[str | None], before: list[str | None]) -> None:
    # A slice: its bytes do not begin where its buffer does.
    column = pa.array([*before, *texts], pa.string()).slice(len(before))
    expected = [by_rule(text) for text in texts]

    assert few_texts_fit(pa.chunked_array([column])).to_pylist() == expected
    assert many_texts_fit(pa.chunked_array([column])).to_pylist() == expected
    assert all_identifiers(column) == (bool(texts) and all(expected))
