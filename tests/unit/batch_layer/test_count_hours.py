"""A task's work on an hour, without Spark: what its parts add up to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from batch_layer.count_hours import Recount
from batch_layer.parts import Part
from batch_layer.recount import plan_hours
from benchmarks.archived import HOURS, Archived, archived
from metering.store.rotation import HourBefore
from metering.streams.devices import DEVICES

FIRST = datetime(2026, 11, 24, 9, tzinfo=UTC)
ROWS, REPEATS = 6_000, 3 * 19


def parts_of(files: Archived, published: int) -> pa.Table:
    """What the tasks say of all hours, whose files of generation `published` and older are settled."""
    before = {hour: HourBefore(hour, published_generation=published) for hour in files.before}
    plans = plan_hours(files.listed, before)
    asked = pa.RecordBatch.from_pydict({"id": list(range(len(plans)))})
    return pa.Table.from_batches(Recount(DEVICES, files.root, tuple(plans))([asked]))


def total(parts: pa.Table, part: Part) -> int:
    return int(pc.sum(parts.filter(pc.equal(parts["part"], part.value))["bytes__value"]).as_py() or 0)


def test_repeats_are_in_the_whole_and_in_the_fresh_but_not_in_the_exact(tmp_path: Path) -> None:
    files = archived(tmp_path, ROWS, FIRST)

    parts = parts_of(files, published=0)

    cuts = len(DEVICES.rollups[0].cuts)
    assert total(parts, Part.EXACT) == cuts * files.total
    assert total(parts, Part.REPEATED) > 0
    assert total(parts, Part.WHOLE) == total(parts, Part.EXACT) + total(parts, Part.REPEATED)
    assert total(parts, Part.FRESH) == total(parts, Part.WHOLE)
    counts = parts.filter(pc.equal(parts["part"], Part.COUNT.value))
    assert (pc.sum(counts["events"]).as_py(), pc.sum(counts["repeats"]).as_py()) == (ROWS - REPEATS, REPEATS)
    assert counts.num_rows == HOURS


def test_settled_files_are_in_the_whole_and_not_in_the_fresh(tmp_path: Path) -> None:
    files = archived(tmp_path, ROWS, FIRST)

    parts = parts_of(files, published=1)

    assert total(parts, Part.FRESH) == 0
    assert total(parts, Part.WHOLE) == total(parts_of(files, published=0), Part.WHOLE)
