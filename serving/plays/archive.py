"""Plays from the archive, hour by hour, the newest first: the same search as in PostgreSQL, in Arrow.

An hour's repeats are counted once, as the batch layer counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.archive import Archive
from metering.arrow.distinct import distinct_rows
from metering.domain.customer import RECORD_FIELDS
from metering.streams.listens import LISTENS
from serving.archived_events import rows_of_hour
from serving.plays.facets import FACETS, LONGEST, NONE, NULL, PLACES, SEPARATOR, cut, key_of
from serving.plays.search import COLUMNS, EPOCH, Counts, Place, Play, Search
from serving.plays.terms import BREAKS, IDENTIFIERS, LONGEST_TEXT, NumberIs, TextIs
from serving.queries.archive_files import HourFile

_NEWEST_FIRST = [("timestamp", "descending"), ("partition", "descending"), ("offset", "descending")]
_COMPARE = {
    "=": pc.equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip


@dataclass(frozen=True)
class HourOfPlays:
    """The distinct plays of an archived hour that lie in the search's range and hold its terms."""

    hour: datetime
    rows_read: int
    plays: pa.Table

    def counts(self, search: Search, step: timedelta, split: str = "") -> Counts:
        """As PostgreSQL counts: the cube without the filters, the times with them."""
        found = Counts()
        for text, plays in _grouped(self.plays, "facet"):
            found.cube[key_of(text)] += plays
        narrowed = self.narrowed(search)
        steps = pa.array(_steps(narrowed["timestamp"], step), pa.int64())
        narrowed = narrowed.append_column("at", steps).append_column(
            "value", _part(narrowed, split) if split else pa.nulls(narrowed.num_rows, pa.string()))
        for at, value, plays in _grouped(narrowed, "at", "value"):
            found.times[EPOCH + at * timedelta(microseconds=1), value or ""] += plays
        return found

    def narrowed(self, search: Search) -> pa.Table:
        """The plays that the search's filters leave."""
        masks = [
            pc.is_in(_part(self.plays, name), pa.array([cut(value) for value in values], pa.string()))
            for name, values in search.filters.items()]
        return _all_of(self.plays, masks)

    def newest(self, search: Search, before: Place | None = None) -> Iterator[Play]:
        """The plays that the filters leave, the newest first, those before a place."""
        ordered = self.narrowed(search).sort_by(_NEWEST_FIRST).select(COLUMNS)
        for batch in ordered.to_batches(max_chunksize=1000):
            for play in batch.to_pylist():
                if before is None or Place.of(play) < before:
                    yield play


def archived_hours(root: str, files: Sequence[HourFile], search: Search) -> Iterator[HourOfPlays]:
    """The hours of the files, in their order. Raises Damaged where a file is away or cannot be read."""
    archive = Archive(root)
    for hour, of_hour in groupby(files, key=lambda file: file.hour):
        yield _hour(archive, hour, [file.path for file in of_hour], search)


def _hour(archive: Archive, hour: datetime, paths: Sequence[str], search: Search) -> HourOfPlays:
    rows = rows_of_hour(archive, LISTENS, paths)
    first = distinct_rows(LISTENS, rows).first
    return HourOfPlays(hour, rows.num_rows, _held(_with_facet(first), search))


def _with_facet(rows: pa.Table) -> pa.Table:
    parts = [_facet_text(rows[facet.name]) for facet in FACETS]
    return rows.append_column("facet", pc.binary_join_element_wise(*parts, SEPARATOR))


def _facet_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.cast(column, pa.string())
    for mark in (SEPARATOR, NULL):
        text = pc.replace_substring(text, mark, " ")
    return pc.fill_null(pc.utf8_slice_codeunits(text, 0, LONGEST), NULL)


def _part(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """A facet's value as it is shown: none where there is none."""
    return pc.replace_substring(pc.list_element(pc.split_pattern(rows["facet"], SEPARATOR), PLACES[name]), NULL, NONE)


def _held(rows: pa.Table, search: Search) -> pa.Table:
    """The rows of the range that hold all terms."""
    times = rows["timestamp"]
    masks = [
        pc.greater_equal(times, pa.scalar(search.start, times.type)), pc.less(times, pa.scalar(search.end, times.type))]
    if search.terms.words:
        texts = _texts(rows)
        masks += [pc.match_substring(texts, f" {word} ") for word in search.terms.words]
    masks += [
        _number_is(rows, one) if isinstance(one, NumberIs) else _text_is(rows, one)
        for one in search.terms.conditions]
    return _all_of(rows, masks)


def _texts(rows: pa.Table) -> pa.ChunkedArray:
    """All that is searched for words, one text a row, with a space before and after each word."""
    cut_texts = [pc.utf8_slice_codeunits(rows[name], 0, LONGEST_TEXT) for name in ("reason", *RECORD_FIELDS)]
    joined = pc.binary_join_element_wise(
        "", *(rows[name] for name in IDENTIFIERS), *cut_texts, "", " ", null_handling="replace", null_replacement="")
    return pc.replace_substring_regex(pc.ascii_lower(joined), f"[{BREAKS}]", " ")


def _text_is(rows: pa.Table, condition: TextIs) -> pa.ChunkedArray:
    if condition.is_facet:
        value = NONE if condition.value is None else cut(condition.value)
        return pc.equal(pc.ascii_lower(_part(rows, condition.field)), value)
    column = rows[condition.field]
    if condition.value is None:
        return pc.is_null(column)
    return pc.equal(pc.ascii_lower(column), condition.value)


def _number_is(rows: pa.Table, condition: NumberIs) -> pa.ChunkedArray:
    column = rows[condition.field]
    if condition.value is None:
        return pc.is_null(column)
    return _COMPARE[condition.how](pc.cast(column, pa.float64()), condition.value)


def _all_of(rows: pa.Table, masks: Sequence[pa.ChunkedArray]) -> pa.Table:
    return rows.filter(reduce(pc.and_kleene, masks)) if masks else rows


def _steps(times: pa.ChunkedArray, step: timedelta) -> Any:
    """The start of each time's step, in epoch microseconds."""
    micros = pc.cast(times, pa.int64()).to_numpy()
    return micros - micros % (step // timedelta(microseconds=1))


def _grouped(rows: pa.Table, *names: str) -> Iterator[tuple[Any, ...]]:
    grouped: Mapping[str, list[Any]] = rows.group_by(list(names)).aggregate([([], "count_all")]).to_pydict()
    return zip(*(grouped[name] for name in (*names, "count_all")), strict=True)
