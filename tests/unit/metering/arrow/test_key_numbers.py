"""Key columns as one number a row: equal keys, equal numbers, and the way back."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from metering.arrow import key_numbers
from metering.arrow.key_numbers import numbered

row = st.tuples(st.integers(-3, 3), st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y"]))


@given(st.lists(row, min_size=1), st.integers(0, 4))
def test_numbers_stand_for_the_rows_they_were_made_of(rows: list[tuple[int, str, str]], cut: int) -> None:
    windows, users, apps = (list(column) for column in zip(*rows, strict=True))
    encoded = pa.chunked_array([pa.array(users[:cut], pa.string()).dictionary_encode(),
                                pa.array(users[cut:], pa.string()).dictionary_encode()])
    key = {"window": pa.chunked_array([windows], pa.int64()), "user": encoded, "app": pa.chunked_array([apps])}

    found = numbered(key)

    assert found is not None
    assert len(set(found.numbers.to_pylist())) == len(set(rows))
    assert pa.table(found.columns_of(found.numbers)).to_pylist() == [
        {"window": window, "user": user, "app": app} for window, user, app in rows]


def test_a_key_with_a_null_is_not_numbered() -> None:
    assert numbered({"user": pa.chunked_array([["a", None]])}) is None


def test_more_keys_than_a_number_tells_apart_are_not_numbered(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(key_numbers, "_MOST", 5)
    key = {name: pa.chunked_array([["a", "b", "c"]]) for name in ("one", "two")}

    assert numbered(key) is None
