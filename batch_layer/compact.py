"""Compaction and vacuum: an hour's files become one, a large hour's a few; files that count no more go."""

from __future__ import annotations

import uuid
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from batch_layer.whole_file import spans_of, write_file
from metering.arrow.archive import Archive, hour_folder
from metering.arrow.listed import DamagedFile, FileToRead, read_file
from metering.arrow.schemas import ARRIVAL, archive_schema
from metering.domain.archive_file import ArchiveFile
from metering.domain.errors import Damaged
from metering.domain.stream import Stream
from metering.failpoints import reach
from metering.store.compaction import (
    Candidate,
    Raced,
    candidates,
    drop_superseded,
    hold_all_commits,
    listed_paths,
    supersede,
)
from metering.store.locked_session import LockedSession
from metering.store.rotation import ListedFile, listed_files
from metering.telemetry import Log

LOG = Log("batch_layer")

MANY_FILES = 64
"""An hour still filling is rewritten when it has this many files; a final one when it has two."""

ROWS_AT_ONCE, WHOLE_ROWS = 16_000_000, 8_000_000
"""Rows that are held at once, and in one file; a file of so many is whole and not rewritten: an hour of any size ends
in few files, and each of its rows was written a few times.
"""


def compact_hours(session: LockedSession, stream: Stream, archive: Archive) -> int:
    """Compact every candidate; returns how many files were written. A crash leaves one no row lists: vacuum removes it.
    """
    with session.transaction() as cursor:
        found = candidates(cursor, stream.topic, many=MANY_FILES, whole_rows=WHOLE_ROWS)
    return sum(_compact_hour(session, stream, archive, candidate) for candidate in found)


def _compact_hour(session: LockedSession, stream: Stream, archive: Archive, candidate: Candidate) -> int:
    with session.transaction() as cursor:
        files = listed_files(cursor, stream.topic, [candidate.hour], candidate.published_generation)
    done = 0
    try:
        for group in groups_of(files):
            done += _compact(session, stream, archive, candidate, group)
    except (Raced, DamagedFile, OSError) as why:
        # What is published stays right without it, and a full disk is no reason to end before old files go.
        LOG.warning("not compacted", hour=f"{candidate.hour:%Y-%m-%dT%H}", why=why)
    return done


def groups_of(files: Sequence[ListedFile]) -> list[list[ListedFile]]:
    """The hour's small files in order of arrival, cut into groups that are each held in memory and become one file.

    In that order a partition's offsets of one group all lie before those of the next.
    """
    groups: list[list[ListedFile]] = [[]]
    small = [file for file in files if file.rows < WHOLE_ROWS]
    for file in sorted(small, key=lambda file: (file.generation, file.first_ingest)):
        if sum(other.rows for other in groups[-1]) + file.rows > ROWS_AT_ONCE:
            groups.append([])
        groups[-1].append(file)
    return [group for group in groups if len(group) > 1]


def _compact(
    session: LockedSession, stream: Stream, archive: Archive, candidate: Candidate, files: Sequence[ListedFile]
) -> int:
    reach("batch-before-compaction")
    merged = _write(stream, archive, candidate, files)
    reach("batch-mid-compaction")
    try:
        with session.transaction() as cursor:
            supersede(
                cursor, candidate, [file.path for file in files], merged,
                is_present=lambda: archive.size(merged.path) == merged.size)
    except Raced:
        archive.remove(merged.path)
        raise
    LOG.info("hour compacted", hour=f"{candidate.hour:%Y-%m-%dT%H}", files=len(files), rows=merged.rows)
    return 1


def _write(stream: Stream, archive: Archive, candidate: Candidate, files: Sequence[ListedFile]) -> ArchiveFile:
    """Every row of the files, repeats too, in order of arrival."""
    schema = archive_schema(stream)
    reads = [FileToRead(file.path, file.rows, file.size, sha256=file.sha256) for file in files]
    rows = pa.concat_tables([read_file(archive, schema, file) for file in reads])
    rows = rows.sort_by(ARRIVAL)
    hour_us = int(candidate.hour.astimezone(UTC).timestamp()) * 1_000_000
    path = f"{hour_folder(stream.topic, hour_us)}/c{candidate.published_generation}-{uuid.uuid4().hex[:12]}.parquet"
    size, digest = write_file(archive, path, rows)
    first = pc.min(rows["ingest_time"].cast(pa.int64())).as_py()
    return ArchiveFile(
        path=path, topic=stream.topic, hour=hour_us, rows=rows.num_rows, kafka_partition=None, first_offset=None,
        last_offset=None, first_ingest=first, size=size, sha256=digest, spans=spans_of(rows))


def remove_superseded(session: LockedSession, stream: Stream, archive: Archive, keep_s: int) -> int:
    """Remove files superseded longer than `keep_s` seconds: off the manifest first, then off the disk."""
    with session.transaction() as cursor:
        paths = drop_superseded(cursor, stream.topic, keep_s)
    for path in paths:
        archive.remove(path)
    return len(paths)


def vacuum(session: LockedSession, stream: Stream, archive: Archive, *, older_than_s: int, now: datetime) -> list[str]:
    """Remove files under the topic's folder that no row lists; returns their paths.

    Lists and removes while it holds the generation row, so no commit can list meanwhile what it removes. A file
    younger than `older_than_s` may be one that a task is about to hand over, and stays. Raises Damaged, and removes
    nothing, while a listed file is missing.
    """
    with session.transaction() as cursor:
        hold_all_commits(cursor, stream.topic)
        listed = listed_paths(cursor, stream.topic)
        found = {archive.relative(file): file for file in archive.list(stream.topic)}
        _refuse_where_files_miss(listed, found)
        old = [
            path for path, file in found.items()
            if path not in listed and (now - file.mtime).total_seconds() > older_than_s]
        for path in old:
            archive.remove(path)
    return old


def _refuse_where_files_miss(listed: Mapping[str, bool], found: Container[str]) -> None:
    """A listed file that is gone may live on in a file no row lists, as after a restore from an older backup."""
    missing = sorted(path for path, counts in listed.items() if counts and path not in found)
    if missing:
        raise Damaged(f"{len(missing)} listed files are missing, {missing[0]} among them: nothing is removed")
