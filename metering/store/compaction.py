"""The manifest's side of compaction and vacuum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json

from metering.domain.archive_file import ArchiveFile, RowSpan
from metering.domain.errors import LambdameterError
from metering.sql import statement
from metering.store.slice_commit import hold_generation


class Raced(LambdameterError):
    """The hour was published or compacted meanwhile; nothing was changed and a later run does it."""


@dataclass(frozen=True)
class Candidate:
    """A published hour with many files."""

    hour: datetime
    revision: int
    published_generation: int


def candidates(cursor: Cursor, topic: str, *, many: int, whole_rows: int) -> list[Candidate]:
    """Published hours whose files should become one: final ones with two or more, others with `many`.

    Files of `whole_rows` or more are as they should be and do not count.
    """
    known = {"topic": topic, "many": many, "whole_rows": whole_rows}
    cursor.execute(statement("batch/compaction_candidates"), known)
    return [Candidate(*row) for row in cursor.fetchall()]


def supersede(
    cursor: Cursor, candidate: Candidate, replaced: Sequence[str], by: ArchiveFile, is_present: Callable[[], bool]
) -> None:
    """List the new file and mark exactly the files it was made of, within the caller's transaction.

    Raises Raced where the hour, its files or the new file are not what they were when it was written.
    """
    # As in a slice's commit: held first, so that no vacuum removes the new file between the look and the commit.
    hold_generation(cursor, by.topic)
    if not is_present():
        raise Raced(f"{by.path} was removed before it was listed")
    place = {"topic": by.topic, "hour": candidate.hour, "revision": candidate.revision}
    cursor.execute(statement("batch/hold_hour"), place)
    if cursor.fetchone() is None:
        raise Raced(f"hour {candidate.hour:%Y-%m-%dT%H} changed while it was compacted")
    cursor.execute(statement("batch/supersede_files"), {"paths": list(replaced)})
    if cursor.rowcount != len(replaced):
        raise Raced(f"hour {candidate.hour:%Y-%m-%dT%H}: some of its files were superseded meanwhile")
    cursor.execute(
        statement("batch/list_compacted"),
        {
            "path": by.path, "topic": by.topic, "hour": candidate.hour, "rows": by.rows,
            "generation": candidate.published_generation, "size": by.size, "sha256": by.sha256,
            "partition_rows": Json({str(number): span.rows for number, span in by.spans.items()}),
            "spans": spans_as_json(by.spans),
            "first_ingest": datetime.fromtimestamp(by.first_ingest / 1e6, UTC),
        },
    )  # fmt: skip


def spans_as_json(spans: Mapping[int, RowSpan]) -> Json:
    """Spans as `archive_file.spans` has them: partition → [first, last, rows]."""
    return Json({str(number): [span.first, span.last, span.rows] for number, span in spans.items()})


def drop_superseded(cursor: Cursor, topic: str, keep_s: int) -> list[str]:
    """Take files superseded longer than `keep_s` off the manifest; returns their paths, to be removed after."""
    cursor.execute(statement("batch/drop_superseded"), {"topic": topic, "keep_s": keep_s})
    return [path for (path,) in cursor.fetchall()]


def hold_all_commits(cursor: Cursor, topic: str) -> None:
    """Hold the generation row: until this transaction ends no commit can list a file."""
    cursor.execute(statement("batch/hold_generation_alone"), {"topic": topic})


def listed_paths(cursor: Cursor, topic: str) -> dict[str, bool]:
    """Every path the manifest lists → whether it counts (is not superseded)."""
    cursor.execute(statement("batch/listed_paths"), {"topic": topic})
    return dict(cursor.fetchall())
