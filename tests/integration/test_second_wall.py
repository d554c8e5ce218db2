"""The offsets guard: with the advisory lock left out, two copies still cannot both count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from metering.arrow.partial import partial_schema
from metering.domain.errors import AnotherCopyRuns
from metering.domain.event import Position, Reason, Rejected, Rejection
from metering.domain.spans import PartitionSpan
from metering.store.connection import connect
from metering.store.ledger import introduce_topic
from metering.store.slice_commit import TopicSlice, commit_slice
from metering.streams.devices import BYTES, DEVICES

pytestmark = pytest.mark.stack

HOUR_US = 1_613_768_400_000_000
TABLES = ("bytes", "stream_offset", "dead_letter")


@contextmanager
def two_copies(url: str) -> Iterator[tuple[Any, Any]]:
    with closing(connect(url, "one")) as one, closing(connect(url, "other")) as other:
        yield one, other


def slice_from(expected: int, *, known: bool) -> TopicSlice:
    """Ten records from `expected` on: one rejected, the others 90 bytes of one user."""
    rows = [
        {"type": kind, "timestamp": HOUR_US, "id": "x", "value": 90}
        for kind in ("user_total_bytes", "app_total_bytes", "antenna_total_bytes")]
    rejected = Rejected(Position("devices", 0, expected), HOUR_US, b"rubbish", Rejection(Reason.PARSE))
    return TopicSlice(
        DEVICES, {0: expected}, frozenset({0} if known else ()),
        [PartitionSpan(0, expected, expected + 9, rows=10, last_append=HOUR_US)], [], [], [rejected],
        {"bytes": pa.Table.from_pylist(rows, schema=partial_schema(BYTES))})


def contents(connection: Any) -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")  # noqa: S608  names of our own
            found[table] = cursor.fetchall()
        return found


@pytest.mark.parametrize("known", [False, True], ids=["a new partition", "a known partition"])
def test_the_copy_that_commits_second_adds_nothing(database_url: str, connection: Any, known: bool) -> None:
    counted = slice_from(10 if known else 0, known=known)
    with two_copies(database_url) as (one, other):
        introduce_topic(one, "devices", "id")
        after_other = {}

        def overtake(_: Any) -> None:
            """The other copy commits the same slice while this one has its transaction open."""
            commit_slice(other, [counted], lambda _: None)
            after_other.update(contents(connection))

        with pytest.raises(AnotherCopyRuns, match="another copy of the job runs"):
            commit_slice(one, [counted], overtake)

    assert contents(connection) == after_other
    assert len(after_other["dead_letter"]) == (2 if known else 1)


def test_a_slice_committed_again_is_refused(database_url: str, connection: Any) -> None:
    before = contents(connection)
    with closing(connect(database_url, "one")) as one:
        with pytest.raises(AnotherCopyRuns):
            commit_slice(one, [slice_from(10, known=True)], lambda _: None)

    assert before == contents(connection)
    assert before["bytes"]


def test_a_commit_that_breaks_at_its_last_step_leaves_nothing(database_url: str, connection: Any) -> None:
    before = contents(connection)
    without_sums = replace(slice_from(20, known=True), partials={})

    with closing(connect(database_url, "one")) as one:
        with pytest.raises(KeyError, match="bytes"):
            commit_slice(one, [without_sums], lambda _: None)

    assert contents(connection) == before
