"""What a task found in its part of a slice, as one small Arrow table that travels to the driver."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from metering.arrow.packed import packed, unpacked
from metering.domain.archive_file import ArchiveFile
from metering.domain.event import Rejected
from metering.domain.spans import Run

SCHEMA_DDL = "topic string, sums binary, rows binary, rest binary"
_SCHEMA = pa.schema([("topic", pa.string()), ("sums", pa.binary()), ("rows", pa.binary()), ("rest", pa.binary())])


@dataclass
class Findings:
    """One topic's findings. `partials`: rollup → partial sums. `measured`: path → its rows' measured sum.

    `rows`: what was archived, of a stream whose last days' events are kept as rows too, or that fires panes.
    """

    topic: str
    partials: dict[str, list[pa.Table]] = field(default_factory=dict)
    files: list[ArchiveFile] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    measured: dict[str, int] = field(default_factory=dict)
    rows: list[pa.Table] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        for name, tables in other.partials.items():
            self.partials.setdefault(name, []).extend(tables)
        self.files += other.files
        self.rejected += other.rejected
        self.runs += other.runs
        self.measured |= other.measured
        self.rows += other.rows


def to_batch(findings: Findings) -> pa.RecordBatch:
    """One row: sums and rows as Arrow streams, the rest pickled (it travels between our own processes only)."""
    sums = {name: [packed(table) for table in tables] for name, tables in findings.partials.items()}
    rest = (findings.files, findings.rejected, findings.runs, findings.measured)
    row = {
        "topic": findings.topic, "sums": pickle.dumps(sums), "rest": pickle.dumps(rest),
        "rows": packed(pa.concat_tables(findings.rows)) if findings.rows else None,
    }  # fmt: skip
    return pa.RecordBatch.from_pylist([row], schema=_SCHEMA)


def from_table(table: pa.Table) -> dict[str, Findings]:
    """All tasks' findings by topic."""
    return _merged(_from_row(row) for row in table.to_pylist())


def _merged(parts: Iterable[Findings]) -> dict[str, Findings]:
    by_topic: dict[str, Findings] = {}
    for part in parts:
        by_topic.setdefault(part.topic, Findings(part.topic)).add(part)
    return by_topic


def _from_row(row: dict[str, object]) -> Findings:
    sums: dict[str, Sequence[bytes]] = pickle.loads(row["sums"])  # type: ignore[arg-type]
    files, rejected, runs, measured = pickle.loads(row["rest"])  # type: ignore[arg-type]
    partials = {name: [unpacked(stream) for stream in streams] for name, streams in sums.items()}
    rows = [unpacked(row["rows"])] if row["rows"] else []  # type: ignore[arg-type]
    return Findings(str(row["topic"]), partials, files, rejected, runs, measured, rows)
