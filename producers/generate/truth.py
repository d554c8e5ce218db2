"""The truth of a run: what Kafka acknowledged, message by message, and the exact totals that follow from it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.domain.errors import BadSettings
from metering.domain.stream import EVENT_ID
from producers.generate.streams import Generator
from producers.sending.block import Block

_PLACE = (pa.field("topic", pa.string()), pa.field("partition", pa.int32()), pa.field("offset", pa.int64()))
_ROWS_A_GROUP = 200_000
_TABLES = 500
"""A slow live run gives tables of one row: so many are made one, since each costs kilobytes."""


def acknowledged_schema(generator: Generator) -> pa.Schema:
    """One row a message that Kafka acknowledged; `ingest_time` is Kafka's append time."""
    return pa.schema([*_PLACE, *generator.facts, pa.field("ingest_time", pa.timestamp("ms", "UTC"))])


class Truth:
    """Writes `acknowledged.parquet` and `totals.json` in a folder, both replaced at once when it closes.

    What an earlier run left there is kept and added to. A killed run leaves the earlier files as they were.
    """

    def __init__(self, folder: Path, generator: Generator) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._generator = generator
        self._schema = acknowledged_schema(generator)
        self._lock = _locked(folder)
        self._rows = folder / "acknowledged.parquet"
        self._totals = folder / "totals.json"
        self._part = folder / "acknowledged.parquet.part"
        if self._rows.exists() and not pq.read_schema(self._rows).equals(self._schema):
            os.close(self._lock)
            raise BadSettings([f"--truth {folder}: holds the truth of another stream; want a folder of its own"])
        repeating = [field.name for field in self._schema if pa.types.is_string(field.type)]
        self._writer = pq.ParquetWriter(
            self._part, self._schema, compression="zstd",
            use_dictionary=[name for name in repeating if name != EVENT_ID])
        self._waiting: list[pa.Table] = []
        if self._rows.exists():
            self._copy_earlier()

    def _copy_earlier(self) -> None:
        with pq.ParquetFile(self._rows) as earlier:
            for group in range(earlier.num_row_groups):
                self._writer.write_table(earlier.read_row_group(group))

    def record(self, block: Block) -> None:
        """Take over what was acknowledged of a block that has facts."""
        if block.facts is not None:
            self._waiting.append(self._acknowledged(block, block.facts))
        if len(self._waiting) >= _TABLES:
            self._waiting = [pa.concat_tables(self._waiting).combine_chunks()]
        if sum(map(len, self._waiting)) >= _ROWS_A_GROUP:
            self._write()

    def _acknowledged(self, block: Block, facts: pa.Table) -> pa.Table:
        """The facts of the acknowledged messages, with where and when Kafka put them."""
        partitions = pa.array(block.partitions, pa.int32())
        places = {
            "topic": pa.array([block.topic] * len(block), pa.string()),
            "partition": partitions,
            "offset": pa.array(block.offsets, pa.int64()),
            "ingest_time": pa.array(block.append_ms, pa.timestamp("ms", "UTC")),
        }
        columns = places | {name: facts.column(name) for name in self._generator.facts.names}
        table = pa.table({name: columns[name] for name in self._schema.names}, schema=self._schema)
        return table.filter(pc.greater_equal(partitions, 0))

    def _write(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()

    def close(self) -> None:
        """Put both files in place."""
        self._write()
        self._writer.close()
        _flush(self._part)
        sums = json.dumps(self._generator.totals(pq.read_table(self._part)), indent=1)
        part = self._totals.with_suffix(".json.part")
        part.write_text(sums + "\n", encoding="utf-8")
        _flush(part)
        self._part.replace(self._rows)
        part.replace(self._totals)
        os.close(self._lock)

    def __enter__(self) -> Truth:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def _locked(folder: Path) -> int:
    """Hold the folder: of two generators at once, one would undo what the other wrote."""
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise BadSettings([f"--truth {folder}: another generator writes there now"]) from error
    return lock


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
