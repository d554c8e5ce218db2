"""A count of made-up charges slice by slice on a real database, without Spark, beside a plain reading of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from batch_layer.prove_panes import judged_by_arrival
from metering.arrow.elements import elements_of
from metering.arrow.partial import merge_partials, partial_sums
from metering.arrow.schemas import archive_schema
from metering.domain.panes import PaneRules
from metering.domain.spans import PartitionSpan
from metering.store.connection import connect
from metering.store.ledger import introduce_topic, know_partitions, note_end_offsets
from metering.store.pane_proof import counted_windows, settle_too_late, unequal_panes, unjudged
from metering.store.pane_tables import PaneTables, to_micros
from metering.store.panes import run_triggers
from metering.store.slice_commit import TopicSlice, commit_slice
from metering.streams.billing import BILLING, COMPANY_WINDOW

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WINDOW = timedelta(seconds=5)
RULES = PaneRules(early_s=10, late_s=30, lateness_s=600, bound_s=5)
PARTITIONS = 2
assert BILLING.panes is not None
TABLES = PaneTables(BILLING, BILLING.panes)

Row = dict[str, Any]
Sums = dict[tuple[str, str, datetime], tuple[Decimal, int]]


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def event(partition: int, offset: int, at: datetime, **content: Any) -> Row:
    """An archived event; `at` is Kafka's append time."""
    usual = {"company": "c1", "cost": Decimal(1), "currency": "EUR", "timestamp": at, "event_id": None}
    return usual | {"topic": "billing", "partition": partition, "offset": offset, "ingest_time": at} | content


@dataclass
class Counting:
    """A count of one topic from its beginning, in a database of its own."""

    connection: Any
    rows: list[Row] = field(default_factory=list)
    next: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PARTITIONS), 0))

    def commit(self, rows: Sequence[Row], rules: PaneRules = RULES) -> int:
        """One slice; returns its generation."""
        table = pa.Table.from_pylist(list(rows), schema=archive_schema(BILLING))
        spans = [self._span(number, [row for row in rows if row["partition"] == number])
                 for number in {row["partition"] for row in rows}]
        sums = {"company_window": merge_partials(COMPANY_WINDOW, [partial_sums(BILLING, COMPANY_WINDOW, table)])}
        done = TopicSlice(BILLING, dict(self.next), frozenset(self.next), spans, [], [], [], sums, [table],
                          elements_of(BILLING, [table]))
        generation = commit_slice(self.connection, [done], lambda _: None, rules)["billing"]
        self.next |= {span.partition: span.last + 1 for span in spans}
        self.rows += rows
        return generation

    def _span(self, number: int, rows: Sequence[Row]) -> PartitionSpan:
        offsets = [row["offset"] for row in rows]
        last = max(row["ingest_time"] for row in rows)
        return PartitionSpan(number, min(offsets), max(offsets), rows=len(rows), last_append=to_micros(last))

    def ask_ends(self, ends: Mapping[int, int], at: datetime) -> None:
        note_end_offsets(self.connection, "billing", ends, at)

    def tick(self, at: datetime, rules: PaneRules = RULES) -> int:
        return run_triggers(self.connection, BILLING, rules, at)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def panes(self) -> list[tuple[Any, ...]]:
        return self.ask(
            "SELECT pane, timing, value, events, total_value, is_last FROM billing_pane ORDER BY window_start, pane")

    def too_late(self) -> list[tuple[Any, ...]]:
        return self.ask('SELECT partition, "offset", value, repeat, taken_back FROM billing_too_late ORDER BY 1, 2, 5')

    def hours(self) -> list[datetime]:
        return sorted({row["timestamp"].replace(minute=0, second=0, microsecond=0) for row in self.rows})

    def judge(self) -> None:
        """What the batch layer does with late-comers of hours whose identities are forgotten."""
        for hour in self.hours():
            with self.connection, self.connection.cursor() as cursor:
                late = unjudged(cursor, TABLES, hour, 10**9)
                ids = {one.event_id for one in late}
                rows = [row for row in self.rows if row["event_id"] in ids
                        and hour <= row["timestamp"] < hour + timedelta(hours=1)]
                settle_too_late(cursor, TABLES, *judged_by_arrival(TABLES, rows, late))

    def counted(self) -> Sums:
        with self.connection, self.connection.cursor() as cursor:
            found = [one for hour in self.hours() for one in counted_windows(cursor, TABLES, hour, 0, 10**9)]
        return {one.key: (one.value, one.events) for one in found if one.value or one.events}

    def exact(self) -> Sums:
        """The first of each identity by arrival, summed by window: read plainly, with no code of the product."""
        firsts: dict[Any, Row] = {}
        for row in sorted(self.rows, key=lambda row: (row["ingest_time"], row["partition"], row["offset"])):
            hour = row["timestamp"].replace(minute=0, second=0, microsecond=0)
            place = (row["partition"], row["offset"])
            firsts.setdefault((hour, row["event_id"]) if row["event_id"] else place, row)
        sums: dict[Any, list[Any]] = defaultdict(lambda: [Decimal(0), 0])
        for row in firsts.values():
            start = row["timestamp"] - (row["timestamp"] - START) % WINDOW
            total = sums[row["company"], row["currency"], start]
            total[0], total[1] = total[0] + row["cost"], total[1] + 1
        return {key: (value, events) for key, (value, events) in sums.items()}

    def assert_sound(self) -> None:
        """What panes were fed with what came too late is the exact view; panes and pending are what they were fed."""
        self.judge()
        assert self.counted() == self.exact()
        with self.connection, self.connection.cursor() as cursor:
            assert [unequal_panes(cursor, TABLES, hour) for hour in self.hours()] == [[] for _ in self.hours()]


@contextmanager
def counting_on(url: str) -> Iterator[Counting]:
    """A count from the beginning: nothing is left in the tables of what was counted before."""
    with closing(connect(url, "panes")) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE billing_pane, billing_pending, billing_pane_input, billing_identity, billing_too_late,"
                " pane_clock, stream_offset, stream_generation, company_window_realtime")
        introduce_topic(connection, "billing", "id")
        know_partitions(connection, "billing", dict.fromkeys(range(PARTITIONS), 0))
        yield Counting(connection)
