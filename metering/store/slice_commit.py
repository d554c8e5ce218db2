"""The one transaction of a slice: offsets, gaps, manifest, dead letters and sums, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.domain.archive_file import ArchiveFile
from metering.domain.errors import AnotherCopyRuns, Damaged
from metering.domain.event import Rejected
from metering.domain.panes import USUAL_RULES, PaneRules
from metering.domain.spans import Gap, PartitionSpan
from metering.domain.stream import Stream
from metering.sql import statement
from metering.store.panes import take_panes
from metering.store.recent import keep_recent
from metering.store.rollups import add_sums

_RAW_KEPT_BYTES = 4096


@dataclass(frozen=True)
class TopicSlice:
    """What one slice found in one topic. `expected`: per partition, what this run read or committed last.

    `rows`: the archived rows, of a stream whose last days' events are kept as rows too; `elements`: the same as the
    windows of panes are fed with them.
    """

    stream: Stream
    expected: Mapping[int, int]
    known_partitions: frozenset[int]
    spans: Sequence[PartitionSpan]
    gaps: Sequence[Gap]
    files: Sequence[ArchiveFile]
    rejected: Sequence[Rejected]
    partials: Mapping[str, pa.Table] = field(default_factory=dict)
    rows: Sequence[pa.Table] = ()
    elements: pa.Table | None = None


FilesPresent = Callable[[Sequence[ArchiveFile]], None]
"""Raises unless each of the files is there, whole."""


def commit_slice(
    connection: Connection, slices: Sequence[TopicSlice], files_present: FilesPresent,
    pane_rules: PaneRules = USUAL_RULES,
) -> dict[str, int]:
    """Commit all topics of a slice at once; returns the generation each was tagged with.

    Raises AnotherCopyRuns where an offset is not what was expected (a replay, a second copy, a restored
    database); then nothing is committed. A repeat of a committed slice is such a case.
    """
    with connection, connection.cursor() as cursor:
        return {found.stream.topic: _commit_topic(cursor, found, files_present, pane_rules) for found in slices}


def _commit_topic(cursor: Cursor, found: TopicSlice, files_present: FilesPresent, pane_rules: PaneRules) -> int:
    generation = hold_generation(cursor, found.stream.topic)
    # Looked at only now: a vacuum holds the generation row while it removes files that no row lists.
    files_present(found.files)
    for span in sorted(found.spans, key=lambda span: span.partition):
        advance(cursor, found.stream.topic, span, found.expected[span.partition],
                known=span.partition in found.known_partitions)
    record_gaps(cursor, found.stream.topic, found.gaps)
    list_files(cursor, found.files, generation)
    insert_dead_letters(cursor, found.rejected)
    for rollup in found.stream.rollups:
        add_sums(cursor, rollup, found.partials[rollup.name], generation)
    if found.stream.recent and found.rows:
        keep_recent(cursor, found.stream, pa.concat_tables(found.rows), datetime.now(UTC))
    take_panes(cursor, found.stream, found.elements, generation, pane_rules, datetime.now(UTC))
    return generation


def hold_generation(cursor: Cursor, topic: str) -> int:
    """The current generation, held FOR SHARE: a seal waits for this transaction."""
    cursor.execute(statement("speed/hold_generation"), {"topic": topic})
    row = cursor.fetchone()
    if row is None:
        raise Damaged(f"topic {topic!r} has no row in stream_generation: it was removed under a running job")
    return int(row[0])


def advance(cursor: Cursor, topic: str, span: PartitionSpan, expected: int, *, known: bool) -> None:
    """Move a partition's next offset from `expected` past the span: exactly one row, or AnotherCopyRuns."""
    cursor.execute(
        statement("speed/advance_offset" if known else "speed/insert_offset"),
        {
            "topic": topic,
            "partition": span.partition,
            "expected": expected,
            "next_offset": span.last + 1,
            "last_append": datetime.fromtimestamp(span.last_append / 1e6, UTC),
        },
    )
    if cursor.rowcount != 1:
        raise AnotherCopyRuns(
            f"{topic} partition {span.partition}: next_offset is no longer {expected}; another copy of the job "
            "runs, or the database was restored. Nothing was committed")


def record_gaps(cursor: Cursor, topic: str, gaps: Sequence[Gap]) -> None:
    rows = [(topic, gap.partition, gap.first, gap.last, gap.reason) for gap in gaps]
    if rows:
        execute_values(cursor, statement("speed/record_gaps"), rows)


def list_files(cursor: Cursor, files: Sequence[ArchiveFile], generation: int) -> None:
    """List finished files under `generation`. A path listed before is an error: names are never used twice."""
    rows = [
        (
            file.path, file.topic, _time(file.hour), file.rows, file.kafka_partition, file.first_offset,
            file.last_offset, generation, file.size, file.sha256, _time(file.first_ingest),
        )
        for file in files
    ]  # fmt: skip
    if rows:
        execute_values(cursor, statement("list_files"), rows)


def insert_dead_letters(cursor: Cursor, rejected: Sequence[Rejected]) -> None:
    """Keep rejected messages, the first 4 KiB of each with its size and SHA-256. One kept before stays."""
    rows = [_dead_letter(letter) for letter in rejected]
    if rows:
        execute_values(cursor, statement("insert_dead_letters"), rows, page_size=1000)


def _dead_letter(letter: Rejected) -> tuple[object, ...]:
    raw = letter.raw or b""
    fault, place = letter.rejection, letter.position
    return (
        place.topic, place.partition, place.offset, fault.reason.name, raw[:_RAW_KEPT_BYTES], fault.field,
        _storable(fault.found), fault.hint, len(raw), hashlib.sha256(raw).hexdigest(),
        _time(letter.ingest_us),
    )  # fmt: skip


def _storable(text: str) -> str:
    """Text PostgreSQL takes: no NUL and no lone surrogates, which JSON escapes can spell."""
    return text.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")


def _time(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
