"""What an hour of the archive holds: as the manifest lists its files, or, without a manifest, as its folder has them.

Which files count stands in the database, and compaction replaces them; a verifier has no database. It therefore reads
every finished file (.parquet) of the hour's folder and takes each place in Kafka (topic, partition, offset) once: a
compacted file and the files that it replaced hold the same rows, and so does what a crashed task left behind. Two files
that tell the same place otherwise are a difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metering.arrow.archive import Archive, hour_folder
from metering.arrow.content_hash import content_hash, row_digests
from metering.arrow.schemas import archive_schema
from metering.domain.billing.content_hash import ContentHash, of_digests
from metering.domain.stream import Stream
from metering.statement.document import ArchiveHour, KnownFile
from metering.statement.events import Place, place_text
from metering.statement.folder import Difference

FINISHED = ".parquet"
_BLOCK_BYTES = 2**20
_OFFSET_BITS = 48
"""Of a place as one number: partition, then offset, of which Kafka would need centuries to use up so many."""


@dataclass
class FoundHour:
    """An hour's rows, each place once, and their fingerprint. `later`: how many rows came after the statement."""

    rows: pa.Table
    content: ContentHash = field(default_factory=ContentHash)
    later: int = 0
    differences: list[Difference] = field(default_factory=list)
    places: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def file_of(self, place: Place) -> str:
        """The first file that has the place; empty where none has."""
        number = (place[0] << _OFFSET_BITS) + place[1]
        return next((path for path, numbers in self.places if (numbers == number).any()), "")


def hour_content(
    stream: Stream, hour: datetime, rows: pa.Table, files: Sequence[KnownFile], columns: Sequence[str]
) -> ArchiveHour:
    """An hour as a statement tells of it."""
    last = rows.group_by("partition").aggregate([("offset", "max")]).to_pylist() if rows.num_rows else []
    return ArchiveHour(
        stream.topic, hour, rows.num_rows, content_hash(rows, columns).hex,
        {one["partition"]: one["offset_max"] for one in last}, tuple(files))


def hours_with_files(archive: Archive, topic: str, hours: Sequence[datetime]) -> list[datetime]:
    """Those of the hours that have a folder with files; a question a day."""
    folder_of = {hour: _folder(topic, hour) for hour in hours}
    days = dict.fromkeys(folder.rpartition("/")[0] for folder in folder_of.values())
    found = {archive.relative(file).rpartition("/")[0] for day in days for file in archive.list(day)}
    return [hour for hour in hours if folder_of[hour] in found]


def find_hour(archive: Archive, stream: Stream, stated: ArchiveHour, columns: Sequence[str]) -> FoundHour:
    """The rows that the archive's folder has of an hour, up to the statement's last offsets."""
    folder = _folder(stream.topic, stated.hour)
    found = FoundHour(archive_schema(stream).empty_table())
    known = {file.path: file for file in stated.files}
    parts: list[pa.Table] = []
    for path in sorted(archive.relative(one) for one in archive.list(folder)):
        if not path.endswith(FINISHED):
            continue
        if path in known and (digest := _sha256(archive, path)) != known[path].sha256:
            how = f"SHA-256 when the statement was made {known[path].sha256}, now {digest}"
            found.differences.append(Difference(f"archive file {path}", how))
        rows = _read(archive, stream, path, found.differences)
        if rows is not None:
            early = rows.filter(_early(rows, stated.last_offsets))
            parts.append(early)
            found.places.append((path, _numbers(early)))
            found.later += rows.num_rows - early.num_rows
    if parts:
        _join(stream, pa.concat_tables(parts), found, columns)
    return found


def _folder(topic: str, hour: datetime) -> str:
    return hour_folder(topic, int(hour.timestamp()) * 1_000_000)


def _sha256(archive: Archive, path: str) -> str:
    digest = hashlib.sha256()
    with archive.files.open_input_stream(archive.full(path)) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _read(archive: Archive, stream: Stream, path: str, differences: list[Difference]) -> pa.Table | None:
    schema = archive_schema(stream)
    try:
        table = pq.read_table(
            archive.full(path), filesystem=archive.files, schema=schema, use_threads=False, partitioning=None)
        return table.cast(schema)
    except (OSError, pa.ArrowException, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        differences.append(Difference(f"archive file {path}", f"cannot be read ({why})"))
        return None


def _early(rows: pa.Table, last_offsets: Mapping[int, int]) -> pa.ChunkedArray:
    """Which rows the statement covers. Offsets of a partition were read in their order, so later ones came later."""
    covered = pa.array([False] * rows.num_rows, pa.bool_())
    for partition, last in last_offsets.items():
        of_partition = pc.equal(rows["partition"], pa.scalar(partition, pa.int32()))
        covered = pc.or_(covered, pc.and_(of_partition, pc.less_equal(rows["offset"], last)))
    return covered


def _numbers(rows: pa.Table) -> np.ndarray:
    """Each row's place as one number."""
    partitions = rows["partition"].to_numpy().astype(np.int64)
    return (partitions << _OFFSET_BITS) + rows["offset"].to_numpy()


def _join(stream: Stream, rows: pa.Table, found: FoundHour, columns: Sequence[str]) -> None:
    """Every place once. Two contents of a place are told; the first file's, by name, is taken."""
    numbers = np.concatenate([numbers for _, numbers in found.places])
    digests = np.frombuffer(b"".join(row_digests(rows, columns)), np.uint8).reshape(-1, 32)
    _, firsts, first_of = np.unique(numbers, return_index=True, return_inverse=True)
    for row in np.flatnonzero((digests != digests[firsts[first_of]]).any(axis=1)):
        place = int(numbers[row] >> _OFFSET_BITS), int(numbers[row] & (1 << _OFFSET_BITS) - 1)
        files = " and ".join(path for path, of_file in found.places if (of_file == numbers[row]).any())
        how = f"{files} say different things of it"
        found.differences.append(Difference(f"archive, {place_text(stream.topic, place)}", how))
    kept = np.sort(firsts)
    found.rows = rows.take(pa.array(kept))
    found.content = of_digests(digest.tobytes() for digest in digests[kept])
