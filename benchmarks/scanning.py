"""R11: reading all of the archive beside reading the same rows from one ideal file.

The ideal: all rows in order of time in one file, row groups of a million, zstd. The archive before compaction: the
streaming job's files; after: a file an hour, as compaction writes them. All are read whole by Arrow with two threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from batch_layer.whole_file import write_file
from benchmarks.archived import Archived, archived
from benchmarks.bench import Figure, Found, Room, Side, WrongAnswer, ratios, take_turns, timed
from metering.arrow.archive import Archive, hour_folder
from metering.arrow.schemas import ARRIVAL
from metering.streams.devices import DEVICES

ROWS = 4_000_000
_IDEAL_GROUP = 2**20
_HOUR = datetime(2026, 11, 24, 9, tzinfo=UTC)


def measure(room: Room) -> Found:
    """Seconds to read each of the three."""
    files = archived(room.folder / "archive", room.number(ROWS, ROWS), _HOUR)
    compacted, ideal = _compact(files), [_ideal(files, room.folder / "ideal.parquet")]
    sums = sum(int(pc.sum(pq.read_table(path, columns=["bytes"], partitioning=None)["bytes"]).as_py())
               for path in files.paths)
    taken = take_turns([
        Side(name, "s", _turn(name, paths, files.rows, sums))
        for name, paths in (("ideal", ideal), ("before", files.paths), ("after", compacted))], room)
    after, before = (ratios(taken[side], taken["ideal"]) for side in ("after", "before"))
    figures = (
        Figure("R11", "archive after compaction / one ideal file", after, at_most=1.15),
        Figure("R11", "archive before compaction / one ideal file", before, at_most=2.0),
    )
    sizes = {f"MB {name}": round(sum(Path(path).stat().st_size for path in paths) / 1e6, 1)
             for name, paths in (("ideal", ideal), ("before", files.paths), ("after", compacted))}
    return Found(taken, figures, {"rows": files.rows, "files": len(files.paths), **sizes})


def _turn(name: str, paths: Sequence[str], rows: int, total: int) -> Callable[[], float]:
    def turn() -> float:
        found: list[pa.Table] = []
        seconds = timed(lambda: found.append(ds.dataset(list(paths)).to_table()))
        counted = int(pc.sum(found[0]["bytes"]).as_py())
        if (found[0].num_rows, counted) != (rows, total):
            raise WrongAnswer(f"{name}: {found[0].num_rows} rows, {counted} bytes; want {rows}, {total}")
        return seconds

    return turn


def _compact(files: Archived) -> list[str]:
    archive, written = Archive(files.root), []
    for hour in sorted({file.hour for file in files.files}):
        mine = [str(Path(files.root, file.path)) for file in files.files if file.hour == hour]
        rows = pa.concat_tables([pq.read_table(path, partitioning=None) for path in mine]).sort_by(ARRIVAL)
        path = f"{hour_folder(DEVICES.topic, hour)}/compacted.parquet"
        write_file(archive, path, rows)
        written.append(str(Path(files.root, path)))
    return written


def _ideal(files: Archived, path: Path) -> str:
    rows = pa.concat_tables([pq.read_table(one, partitioning=None) for one in files.paths])
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type) and field.name != "event_id"]
    pq.write_table(
        rows.sort_by([("timestamp", "ascending")]), path, compression="zstd", row_group_size=_IDEAL_GROUP,
        use_dictionary=texts)
    return str(path)
