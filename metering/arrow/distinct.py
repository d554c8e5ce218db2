"""The first of each identity within one event hour, in Arrow."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from metering.domain.stream import EVENT_ID, Field, Kind, Stream

_ARRIVAL = [("ingest_time", "ascending"), ("partition", "ascending"), ("offset", "ascending")]


@dataclass(frozen=True)
class DistinctRows:
    """`first` is counted; `repeats` are the others; `conflicts` those of the repeats with other content.

    `contested` holds the first rows of the identities that have conflicts.
    """

    first: pa.Table
    repeats: pa.Table
    conflicts: pa.Table
    contested: pa.Table


def distinct_rows(stream: Stream, events: pa.Table) -> DistinctRows:
    """Choose as `domain.fold.distinct` does. `events` are rows of one event hour; their order does not matter."""
    identity = _identity(events)
    if pc.count_distinct(identity).as_py() == events.num_rows:
        none = events.slice(0, 0)
        return DistinctRows(events, none, none, none)
    ordered = events.append_column("identity", identity).sort_by(_ARRIVAL)
    ordered = ordered.append_column("row", pa.array(range(ordered.num_rows), pa.int64()))
    firsts = ordered.group_by("identity", use_threads=False).aggregate([("row", "min")])
    is_first = pc.is_in(ordered["row"], value_set=firsts["row_min"].combine_chunks())
    first, repeats = ordered.filter(is_first), ordered.filter(pc.invert(is_first))
    conflicts = _conflicts(stream, repeats, first)
    contested = first.filter(pc.is_in(first["identity"], value_set=pc.unique(conflicts["identity"])))
    tables = (first, repeats, conflicts, contested)
    return DistinctRows(*(rows.select(events.column_names) for rows in tables))


def _identity(events: pa.Table) -> pa.ChunkedArray:
    """event_id, else the place in Kafka spelt with slashes, which no event_id may hold."""
    ids = events[EVENT_ID]
    if not ids.null_count:
        return ids
    place = pc.binary_join_element_wise(
        pc.cast(events["topic"], pa.string()), pc.cast(events["partition"], pa.string()),
        pc.cast(events["offset"], pa.string()), "/")
    return pc.coalesce(ids, place)


def _conflicts(stream: Stream, repeats: pa.Table, firsts: pa.Table) -> pa.Table:
    contents = [field.name for field in stream.fields]
    compared = [*contents, "ingest_time"]
    kept = firsts.filter(pc.is_in(firsts["identity"], value_set=pc.unique(repeats["identity"])))
    kept = kept.select(["identity", *compared]).rename_columns(["identity", *(f"first {name}" for name in compared)])
    pairs = repeats.join(kept, keys="identity", join_type="inner", use_threads=False)
    differs = pa.scalar(False)
    for field in stream.fields:
        differs = pc.or_(differs, _differs(field, pairs))
    return pairs.filter(differs)


def _differs(field: Field, pairs: pa.Table) -> pa.ChunkedArray:
    """Whether a repeat's field is another than the first one's. Two times that Kafka gave are no content."""
    one, other = pairs[field.name], pairs[f"first {field.name}"]
    if field.kind is Kind.TIME and not field.required:
        given_by_kafka = pc.and_(pc.equal(one, pairs["ingest_time"]), pc.equal(other, pairs["first ingest_time"]))
        return pc.and_(pc.not_equal(one, other), pc.invert(given_by_kafka))
    return pc.coalesce(pc.not_equal(one, other), pc.xor(pc.is_null(one), pc.is_null(other)))
