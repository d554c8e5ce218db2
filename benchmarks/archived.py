"""An archive for benches of the batch side: seeded antenna events in files as the streaming job leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.archive import Archive
from metering.arrow.files import HourFiles
from metering.arrow.schemas import UTC_MICROS, archive_schema
from metering.domain.archive_file import ArchiveFile
from metering.store.rotation import HourBefore, ListedFile
from metering.streams.devices import DEVICES

PARTITIONS, SLICES, HOURS = 4, 2, 3
USERS, ANTENNAS, APPS = 1000, 100, 20
_REPEATED, _BEHIND = 100, 50
"""Each so many rows one comes again, so many rows behind the first."""
_HOUR_US = 3_600_000_000
_DELAY_US = 800_000


@dataclass(frozen=True)
class Archived:
    """Files of three hours: each partition's rows of each hour in two of them, a slice each.

    `total`: bytes of the distinct events.
    """

    root: str
    first_hour: datetime
    slices: Sequence[Sequence[ArchiveFile]]
    rows: int
    distinct: int
    total: int

    @property
    def files(self) -> list[ArchiveFile]:
        return [file for files in self.slices for file in files]

    @property
    def paths(self) -> list[str]:
        return [str(Path(self.root, file.path)) for file in self.files]

    @property
    def listed(self) -> list[ListedFile]:
        """The files as the manifest has them before the first publish: all of generation 1."""
        return [
            ListedFile(_moment(file.hour), file.path, file.rows, 1, file.size, _moment(file.first_ingest), file.sha256)
            for file in self.files]

    @property
    def before(self) -> dict[datetime, HourBefore]:
        """Hours that were never published."""
        return {hour: HourBefore(hour) for hour in (self.first_hour + timedelta(hours=n) for n in range(HOURS))}


def archived(root: Path, rows: int, first_hour: datetime, seed: int = 9) -> Archived:
    """Write about `rows` rows, of which one in a hundred repeats an earlier one. Equal arguments give equal rows."""
    rng, archive = np.random.default_rng(seed), Archive(str(root))
    hours = [_hour(rng, rows // HOURS, first_hour + timedelta(hours=number)) for number in range(HOURS)]
    half, offsets = rows // HOURS // 2, dict.fromkeys(range(PARTITIONS), 0)
    slices = [
        _write(archive, [hour.slice(start, length) for hour in hours], offsets)
        for start, length in ((0, half), (half, rows // HOURS - half))]
    repeats = HOURS * len(_repeated(rows // HOURS))
    total = sum(int(pc.sum(hour.filter(pc.invert(hour["repeat"]))["bytes"]).as_py()) for hour in hours)
    return Archived(str(root), first_hour, slices, HOURS * (rows // HOURS), HOURS * (rows // HOURS) - repeats, total)


def _repeated(rows: int) -> np.ndarray:
    return np.arange(_REPEATED, rows, _REPEATED)


def _hour(rng: np.random.Generator, rows: int, hour: datetime) -> pa.Table:
    """An hour's rows in order of arrival, without a place in Kafka; `repeat` marks those that came before."""
    again, source = _repeated(rows), np.arange(rows)
    source[again] -= _BEHIND
    began = int(hour.timestamp()) * 1_000_000
    times = began + np.sort(rng.integers(0, _HOUR_US, rows))
    drawn = pa.table({
        "timestamp": pa.array(times, pa.int64()).cast(UTC_MICROS),
        "id": _named("user", rng.integers(0, USERS, rows)),
        "antenna_id": _named("antenna", rng.integers(0, ANTENNAS, rows)),
        "app": _named("app", rng.integers(0, APPS, rows)),
        "bytes": pa.array(rng.integers(0, 100_000, rows)),
        "event_id": _named("evt", rng.integers(10**17, 10**18, rows)),
        "partition": pa.array(rng.integers(0, PARTITIONS, rows, dtype=np.int32)),
    }).take(pa.array(source))
    arrived = pa.array(times + _DELAY_US, pa.int64()).cast(UTC_MICROS)
    repeat = pa.array(np.isin(np.arange(rows), again))
    return drawn.append_column("ingest_time", arrived).append_column("repeat", repeat)


def _named(what: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(what, pc.cast(pa.array(numbers), pa.string()), "-")


def _write(archive: Archive, hours: Sequence[pa.Table], offsets: dict[int, int]) -> list[ArchiveFile]:
    """A slice's files, a partition after the other; `offsets` moves on."""
    files: list[ArchiveFile] = []
    for partition in range(PARTITIONS):
        writer = HourFiles(archive, DEVICES, archive_schema(DEVICES), partition)
        for hour in hours:
            mine = _placed(hour.filter(pc.equal(hour["partition"], partition)), offsets[partition])
            writer.write(mine, lambda _: 0)
            offsets[partition] += mine.num_rows
        files += [file for file, _ in writer.finish()]
    return files


def _placed(rows: pa.Table, first_offset: int) -> pa.Table:
    offsets = pa.array(np.arange(first_offset, first_offset + rows.num_rows))
    placed = rows.append_column("offset", offsets).append_column("topic", pa.repeat(DEVICES.topic, rows.num_rows))
    return placed.select(archive_schema(DEVICES).names).cast(archive_schema(DEVICES))


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)
