"""Messages whose topic and partition travel as one number, and the way back.

A text in each row costs the border between JVM and Python more than the number, its two halves together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.schemas import MESSAGES
from metering.domain.places import parted

PLACED = pa.schema([
    MESSAGES.field("value"), pa.field("place", pa.int32(), nullable=False), MESSAGES.field("offset"),
    MESSAGES.field("timestamp")])
"""`place` as in domain.places."""


ROWS_AT_ONCE = 65_536
"""So many rows, and a block's fixed cost vanishes; more no longer fit near the processor."""


BYTES_AT_ONCE = 2**28
"""A column of bytes holds 2^31 of them; messages of a megabyte each must not reach that."""


def gathered(
    batches: Iterable[pa.RecordBatch], rows: int = ROWS_AT_ONCE, size: int = BYTES_AT_ONCE
) -> Iterator[pa.RecordBatch]:
    """The same rows in their order, in blocks of so many rows or bytes, or a batch more."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= rows or sum(one.nbytes for one in waiting) >= size:
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def by_partition(batch: pa.RecordBatch, topics: Sequence[str]) -> Iterator[tuple[str, int, pa.RecordBatch]]:
    """The rows (PLACED) of each topic and partition, as MESSAGES. `topics` in the order of their numbers.

    Spark gives a task one partition, so this rarely cuts.
    """
    places = pc.unique(batch["place"]).to_pylist()
    for place in places:
        rows = batch if len(places) == 1 else batch.filter(pc.equal(batch["place"], place))
        number, partition = parted(place)
        yield topics[number], partition, _as_messages(rows, topics[number], partition)


def _as_messages(rows: pa.RecordBatch, topic: str, partition: int) -> pa.RecordBatch:
    columns = [
        rows["value"], pa.repeat(topic, len(rows)), pa.repeat(pa.scalar(partition, pa.int32()), len(rows)),
        rows["offset"], rows["timestamp"]]
    return pa.RecordBatch.from_arrays(columns, schema=MESSAGES)
