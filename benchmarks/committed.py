"""Archive files committed as the streaming job commits them: offsets, manifest, sums, in one transaction a slice."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.archived import PARTITIONS, Archived
from metering.arrow.partial import partial_sums
from metering.domain.spans import PartitionSpan
from metering.store.connection import connect
from metering.store.ledger import introduce_topic, know_partitions
from metering.store.slice_commit import TopicSlice, commit_slice
from metering.streams.devices import BYTES, DEVICES


def commit(database_url: str, files: Archived) -> None:
    """Commit all slices into a database in which the topic is unknown."""
    with closing(connect(database_url, "bench")) as connection:
        introduce_topic(connection, DEVICES.topic, "bench")
        expected = dict.fromkeys(range(PARTITIONS), 0)
        know_partitions(connection, DEVICES.topic, expected)
        for written in files.slices:
            rows = pa.concat_tables([
                pq.read_table(Path(files.root, file.path), partitioning=None) for file in written])
            spans = [_span(rows, partition) for partition in range(PARTITIONS)]
            sums = {BYTES.name: partial_sums(DEVICES, BYTES, rows)}
            commit_slice(
                connection,
                [TopicSlice(DEVICES, dict(expected), frozenset(expected), spans, [], list(written), [], sums)],
                lambda _: None)
            expected = {span.partition: span.last + 1 for span in spans}


def _span(rows: pa.Table, partition: int) -> PartitionSpan:
    mine = rows.filter(pc.equal(rows["partition"], partition))
    first, last = (bound.as_py() for bound in (pc.min(mine["offset"]), pc.max(mine["offset"])))
    return PartitionSpan(
        partition, first, last, rows=mine.num_rows, last_append=pc.max(mine["ingest_time"].cast(pa.int64())).as_py())
