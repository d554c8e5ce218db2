"""Laws of the fingerprint: neither order nor files matter, any changed row does; both engines give the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.arrow import content_hash as in_arrow
from metering.domain.billing.content_hash import MODULUS, ContentHash, canonical, content_hash

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us", tz="UTC")), ("id", pa.string()), ("cost", pa.decimal128(16, 6)),
    ("bytes", pa.int64()), ("share", pa.float64()), ("partition", pa.int32())])

texts = st.text(max_size=12)
cells = {
    "timestamp": st.integers(0, 4_000_000_000_000_000),
    "id": st.none() | texts,
    "cost": st.none() | st.integers(-10**15, 10**15).map(lambda micros: Decimal(micros).scaleb(-6)),
    "bytes": st.none() | st.integers(-2**63, 2**63 - 1),
    "share": st.none() | st.floats(allow_nan=False),
    "partition": st.none() | st.integers(0, 2**31 - 1),
}
rows = st.fixed_dictionaries(cells)
tables = st.lists(rows, max_size=8)


def as_arrow(table: list[dict[str, Any]]) -> pa.Table:
    moments = [row | {"timestamp": EPOCH + timedelta(microseconds=row["timestamp"])} for row in table]
    return pa.Table.from_pylist(moments, SCHEMA)


@given(tables, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_that_of_columns_matters(table: list[dict[str, Any]], random: Any) -> None:
    shuffled = [dict(random.sample(list(row.items()), len(row))) for row in random.sample(table, len(table))]

    assert content_hash(shuffled) == content_hash(table)


@given(tables, st.lists(st.integers(0, 8), max_size=3))
def test_however_rows_are_split_into_files_their_fingerprints_add_up(
    table: list[dict[str, Any]], cuts: list[int]
) -> None:
    edges = [0, *sorted(cuts), len(table)]
    files = [content_hash(table[low:high]) for low, high in pairwise(edges)]

    assert sum(files, ContentHash()) == content_hash(table)


@given(tables, tables)
def test_the_same_fingerprint_means_the_same_rows_as_often(
    table: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    same = Counter(map(canonical, table)) == Counter(map(canonical, other))

    assert (content_hash(table) == content_hash(other)) is same


@given(st.lists(rows, min_size=1, max_size=6), rows, st.data())
def test_a_changed_added_removed_or_repeated_row_gives_another_fingerprint(
    table: list[dict[str, Any]], another: dict[str, Any], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(table) - 1))
    name = data.draw(st.sampled_from(sorted(cells)))
    changed = table[place] | {name: data.draw(cells[name])}
    tables = {
        "added": [*table, another], "removed": table[:place] + table[place + 1:], "repeated": [*table, table[place]],
    }
    if canonical(changed) != canonical(table[place]):
        tables["changed"] = [*table[:place], changed, *table[place + 1:]]

    for what, found in tables.items():
        assert content_hash(found) != content_hash(table), what
        assert content_hash(found).hex != content_hash(table).hex, what


@given(tables)
def test_arrow_gives_the_reference_s_fingerprint(table: list[dict[str, Any]]) -> None:
    assert in_arrow.content_hash(as_arrow(table), SCHEMA.names) == content_hash(table)


@given(tables, st.integers(1, 3))
def test_arrow_does_not_mind_chunks(table: list[dict[str, Any]], size: int) -> None:
    chunks = [as_arrow(table[start:start + size]) for start in range(0, len(table), size)]

    found = in_arrow.content_hash(pa.concat_tables(chunks) if chunks else SCHEMA.empty_table(), SCHEMA.names)

    assert found == content_hash(table)


@given(st.lists(texts, min_size=2, max_size=2), st.lists(texts, min_size=2, max_size=2))
def test_no_two_rows_have_the_same_bytes(one: list[str], other: list[str]) -> None:
    bytes_of = [canonical(dict(zip(("a", "b"), row, strict=True))) for row in (one, other)]

    assert (bytes_of[0] == bytes_of[1]) is (one == other)


@pytest.mark.parametrize(("one", "other"), [
    ({"a": None}, {"a": ""}), ({"a": None}, {"a": "~"}), ({"a": "1"}, {"b": "1"}), ({"a": "b,1:"}, {"a": "b", "b": ""}),
    ({"a": Decimal("1.0")}, {"a": Decimal("1.00")})])
def test_what_looks_alike_is_told_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) != canonical(other)


def test_a_fingerprint_can_be_made_again_by_hand() -> None:
    written = [b"8:bytes,id,1:5,1:a,", b"8:bytes,id,~1:b,"]
    digests = [int(hashlib.sha256(row).hexdigest(), 16) for row in written]

    found = content_hash([{"id": "b", "bytes": None}, {"id": "a", "bytes": 5}])

    assert (found.rows, found.total) == (2, sum(digests) % MODULUS)
    assert found.hex == f"{sum(digests) % MODULUS:064x}"
    assert content_hash([]) == ContentHash(0, 0)
