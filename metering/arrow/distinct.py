"""The first of each identity within one event hour, in Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.fingerprints import Fingerprints, fingerprints, of_places, shared
from metering.arrow.schemas import ARRIVAL
from metering.domain.stream import EVENT_ID, Field, Kind, Stream


@dataclass(frozen=True)
class DistinctRows:
    """`first` is counted; `repeats` are the others; `conflicts` those of the repeats with other content.

    `contested` holds the first rows of the identities that have conflicts. `kept` says of each of `events` whether it
    is a first; None: all are.
    """

    events: pa.Table
    kept: pa.Array | None
    repeats: pa.Table
    conflicts: pa.Table
    contested: pa.Table

    @property
    def first(self) -> pa.Table:
        """All columns of the firsts, copied where there are repeats: who needs few asks for `first_of`."""
        return self.first_of(self.events.column_names)

    def first_of(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of the firsts, in the order of `events`."""
        chosen = self.events.select(columns)
        return chosen if self.kept is None else chosen.filter(self.kept)

    @property
    def count(self) -> int:
        """How many firsts there are."""
        return int(self.events.num_rows - self.repeats.num_rows)


def distinct_rows(stream: Stream, events: pa.Table) -> DistinctRows:
    """Choose as `domain.fold.distinct` does. `events` are rows of one event hour; their order does not matter.

    Only rows that share a fingerprint are compared letter by letter: of an hour they are few.
    """
    suspects = shared(_fingerprints(events))
    rows = _plain(events.take(pa.array(suspects)))
    rows = rows.append_column("identity", _identity(rows)).append_column("place", pa.array(suspects)).sort_by(ARRIVAL)
    rows = rows.append_column("row", pa.array(np.arange(rows.num_rows)))
    firsts = rows.group_by("identity", use_threads=False).aggregate([("row", "min")])
    is_first = pc.is_in(rows["row"], value_set=firsts["row_min"].combine_chunks())
    first, repeats = rows.filter(is_first), rows.filter(pc.invert(is_first))
    conflicts = _conflicts(stream, repeats, first)
    contested = first.filter(pc.is_in(first["identity"], value_set=pc.unique(conflicts["identity"])))
    tables = (repeats, conflicts, contested)
    return DistinctRows(events, _kept(events, repeats), *(found.select(events.column_names) for found in tables))


def _fingerprints(events: pa.Table) -> Fingerprints:
    """Of event_id, else of the place in Kafka."""
    ids = events[EVENT_ID]
    found = fingerprints(ids)
    if not ids.null_count:
        return found
    return np.where(ids.is_null().to_numpy(), of_places(events["partition"], events["offset"]), found)


def _plain(rows: pa.Table) -> pa.Table:
    """Texts as texts, where a reader left them as numbers of a dictionary."""
    encoded = {field.name for field in rows.schema if pa.types.is_dictionary(field.type)}
    return rows.cast(pa.schema([
        field.with_type(field.type.value_type) if field.name in encoded else field for field in rows.schema]))


def _kept(events: pa.Table, repeats: pa.Table) -> pa.Array | None:
    if not repeats.num_rows:
        return None
    kept = np.ones(events.num_rows, np.bool_)
    kept[repeats["place"].to_numpy()] = False
    return pa.array(kept)


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
