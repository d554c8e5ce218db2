"""The proof of an hour: the fast count equals its files, the exact count and the repeats equal all of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from batch_layer.parts import Part
from batch_layer.recount import HourCount
from batch_layer.views import HOURLY
from metering.arrow.partial import merge_partials
from metering.domain.rollup import Cut, Measure, Rollup
from metering.domain.stream import Stream
from metering.store.publish import ProofRow

_SHOWN = 3
_SIDE = "is there"
_FROM_FILES = (Part.EXACT, Part.FRESH, Part.REPEATED, Part.WHOLE)


def prove(stream: Stream, rollup: Rollup, count: HourCount, realtime: pa.Table) -> list[ProofRow]:
    """A row for each cut and measure that adds up. `realtime`: the realtime rows of the newly sealed generations.

    A proof holds when realtime and the newly sealed files agree for every key, and when what was counted plus
    what was repeated is the sum of all listed files; and all cuts have the same exact total where declared.
    """
    fast = merge_partials(rollup, [realtime])
    files = {mark: _rows(rollup, count, mark) for mark in (*_FROM_FILES, HOURLY)}
    exact_totals = {_total(rollup.additive[0], _of_cut(cut, files[Part.EXACT])) for cut in rollup.cuts}
    dimensions_differ = rollup.name in stream.equal_sums and len(exact_totals) > 1
    return [
        row
        for cut in rollup.cuts
        for row in _prove_cut(
            rollup, cut, _of_cut(cut, fast), {mark: _of_cut(cut, rows) for mark, rows in files.items()},
            dimensions_differ=dimensions_differ)
    ]


def _prove_cut(
    rollup: Rollup, cut: Cut, fast: pa.Table, files: dict[str, pa.Table], *, dimensions_differ: bool
) -> Iterator[ProofRow]:
    """Maxima and their times do not add up: they are compared key by key, and fail every row of the cut."""
    unequal = differences(rollup, fast, files[Part.FRESH])
    for measure in rollup.additive:
        yield _prove_measure(rollup, cut, measure, fast, files, unequal, dimensions_differ=dimensions_differ)


def _prove_measure(
    rollup: Rollup, cut: Cut, measure: Measure, fast: pa.Table, files: dict[str, pa.Table], unequal: list[str], *,
    dimensions_differ: bool
) -> ProofRow:
    totals = {mark: _total(measure, rows) for mark, rows in files.items()}
    realtime = _total(measure, fast)
    faults = []
    if unequal or realtime != totals[Part.FRESH]:
        faults.append(f"realtime and archive differ in {len(unequal)} keys: {'; '.join(unequal[:_SHOWN])}")
    if totals[Part.EXACT] + totals[Part.REPEATED] != totals[Part.WHOLE]:
        faults.append(f"counted + repeated is not the files' sum {totals[Part.WHOLE]}")
    if rollup.hourly_batch and totals[HOURLY] != totals[Part.EXACT]:
        faults.append(f"the rows by hour add up to {totals[HOURLY]}")
    if dimensions_differ:
        faults.append("the cuts of the same events add up to different totals")
    return ProofRow(
        type=rollup.type_of(cut, measure), realtime=realtime, archive=totals[Part.FRESH], batch=totals[Part.EXACT],
        duplicates=totals[Part.REPEATED], ok=not faults, why="; ".join(faults))


def _rows(rollup: Rollup, count: HourCount, mark: str) -> pa.Table:
    found = count.rows.get((str(mark), rollup.name))
    return merge_partials(rollup, [found] if found is not None else [])


def _of_cut(cut: Cut, rows: pa.Table) -> pa.Table:
    for column, text in cut.constants.items():
        rows = rows.filter(pc.equal(rows[column], text))
    return rows


def _total(measure: Measure, rows: pa.Table) -> Decimal:
    return pc.sum(rows[measure.column]).as_py() or Decimal(0)


def differences(rollup: Rollup, one: pa.Table, other: pa.Table) -> list[str]:
    """The keys whose measures differ, or that only one side has, as text for a person."""
    measures = [measure.column for measure in rollup.measures]
    one, other = (rows.append_column(_SIDE, pa.repeat(True, rows.num_rows)) for rows in (one, other))
    renamed = other.rename_columns([name if name in rollup.key else f"other {name}" for name in other.column_names])
    joined = one.join(renamed, keys=list(rollup.key), join_type="full outer", use_threads=False)
    unequal = pc.or_(pc.is_null(joined[_SIDE]), pc.is_null(joined[f"other {_SIDE}"]))
    for name in measures:
        one, other = joined[name], joined[f"other {name}"]
        same = pc.or_kleene(pc.equal(one, other), pc.and_(pc.is_null(one), pc.is_null(other)))
        unequal = pc.or_(unequal, pc.invert(pc.fill_null(same, False)))
    return list(_told(rollup, joined.filter(unequal))) if joined.num_rows else []


def _told(rollup: Rollup, rows: pa.Table) -> Iterator[str]:
    for row in rows.to_pylist():
        key = " ".join(str(row[column]) for column in rollup.key)
        values = ", ".join(
            f"{measure.column} {row[measure.column]} and {row[f'other {measure.column}']}"
            for measure in rollup.measures)
        yield f"{key}: {values}"
