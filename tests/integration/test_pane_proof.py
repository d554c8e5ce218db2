"""The proof of panes, without Spark: it holds while slices go on, and fails for a row that is not as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from batch_layer.prove_panes import prove_panes
from batch_layer.recount import HourCount
from metering.arrow.partial import merge_partials, partial_sums
from metering.arrow.schemas import archive_schema
from metering.store.publish import ProofRow
from metering.store.rotation import HourBefore, seal
from metering.streams.billing import BILLING, COMPANY_WINDOW
from tests.lib.counting import START, Counting, Row, counting_on, event, seconds

pytestmark = pytest.mark.stack

HOUR = START.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def counting(database_url: str) -> Iterator[Counting]:
    with counting_on(database_url) as counting:
        yield counting


def proven(counting: Counting, sealed: int, rows: Sequence[Row]) -> list[ProofRow]:
    """The proof of the first hour's panes against the exact sums of `rows`, each of which counts."""
    table = pa.Table.from_pylist(list(rows), schema=archive_schema(BILLING))
    sums = merge_partials(COMPANY_WINDOW, [partial_sums(BILLING, COMPANY_WINDOW, table)])
    count = HourCount(HOUR, rows={("exact", "company_window"): sums})
    with counting.connection, counting.connection.cursor() as cursor:
        return prove_panes(cursor, BILLING, HourBefore(HOUR), count, sealed)


@pytest.fixture
def sealed_and_going_on(counting: Counting) -> tuple[Counting, int, list[Row]]:
    """An hour sealed with panes, something pending and something too late, to which later slices add more."""
    counting.commit([event(0, 0, START, event_id="a"), event(1, 0, START + seconds(700), event_id="b")])
    counting.ask_ends({0: 1, 1: 1}, START + seconds(702))
    counting.tick(datetime.now(UTC))
    counting.commit([event(0, 1, START + seconds(703), timestamp=START, event_id="c")])
    with counting.connection, counting.connection.cursor() as cursor:
        sealed = seal(cursor, "billing")
    assert sealed is not None
    rows = list(counting.rows)
    counting.commit([
        event(0, 2, START + seconds(704), event_id="d"), event(0, 3, START + seconds(704), timestamp=START)])
    return counting, sealed.generation, rows


def test_slices_after_the_seal_do_not_disturb_the_proof(
    sealed_and_going_on: tuple[Counting, int, list[Row]]
) -> None:
    proofs = proven(*sealed_and_going_on)

    assert [(row.type, row.realtime, row.batch, row.ok, row.why) for row in proofs] == [
        ("panes.cost", 3, 3, True, ""), ("panes.events", 3, 3, True, "")]


@pytest.mark.parametrize(("broken", "told"), [
    ("UPDATE billing_pane SET value = value + 1", "not what they were fed"),
    ("UPDATE billing_pane SET total_events = total_events + 1", "not what they were fed"),
    ("UPDATE billing_pending SET value = value + 1", "not what they were fed"),
    ("DELETE FROM billing_pending", "not what they were fed"),
    ("UPDATE billing_pane SET pane = pane + 1", "not what they were fed"),
    ("UPDATE billing_pane_input SET events = events + 1", "not what they were fed"),
    ("UPDATE billing_too_late SET value = 7", "not the exact view"),
    ("UPDATE billing_too_late SET repeat = TRUE", "not the exact view"),
])
def test_a_row_that_is_not_as_it_was_makes_the_proof_fail(
    sealed_and_going_on: tuple[Counting, int, list[Row]], broken: str, told: str
) -> None:
    counting, sealed, rows = sealed_and_going_on
    with counting.connection, counting.connection.cursor() as cursor:
        cursor.execute(broken)
    proofs = proven(counting, sealed, rows)

    assert [row.ok for row in proofs] == [False, False]
    assert told in proofs[0].why
