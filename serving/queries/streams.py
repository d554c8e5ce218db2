"""What the pages know of a stream: its declaration, and what of it is proven hour by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Stream
from metering.streams import STREAMS

BYTES_UNIT = "B"


@dataclass(frozen=True)
class ProvenType:
    """One measure of one cut: a row of an hour's proof. `type` is what the tables call it."""

    topic: str
    type: str
    rollup: str
    unit: str
    decimals: int

    @property
    def is_bytes(self) -> bool:
        return self.unit == BYTES_UNIT

    def number(self, found: Decimal | None) -> int | Decimal | None:
        """A sum of the tables: whole where the measure is, else with exactly the measure's digits."""
        if found is None:
            return None
        return round(found, self.decimals) if self.decimals else int(found)


def every_topic() -> list[str]:
    """The declared topics, in their order."""
    return list(STREAMS)


def first_topic() -> str:
    """The stream that an address means when it names none where one is needed."""
    return next(iter(STREAMS))


def proven_types(stream: Stream) -> list[ProvenType]:
    """All that a proof of the stream's hours compares, in the order of its declaration."""
    return [
        *(ProvenType(stream.topic, rollup.type_of(cut, measure), rollup.name, unit_of(stream, measure),
                     measure.decimals)
          for rollup, cut, measure in _additive(stream)),
        *(ProvenType(stream.topic, of_type, stream.panes.rollup, unit_of(stream, measure), measure.decimals)
          for of_type, measure in stream.pane_types.items() if stream.panes)]


def types_of(topics: Sequence[str]) -> dict[tuple[str, str], ProvenType]:
    """(topic, type) → what it is, of these topics, in their order."""
    return {(one.topic, one.type): one for topic in topics for one in proven_types(STREAMS[topic])}


def unit_of(stream: Stream, measure: Measure) -> str:
    """The unit of the field that a measure sums; none for a count, nor for a product of two units."""
    if measure.of is None or measure.weight or measure.kind is not MeasureKind.SUM:
        return ""
    return next(field.unit for field in (*stream.fields, *stream.added) if field.name == measure.of)


def equal_types(stream: Stream) -> list[list[str]]:
    """The types that must all have the same numbers: of one measure of a rollup, every cut's."""
    rollups = [stream.rollup(name) for name in stream.equal_sums]
    return [
        [rollup.type_of(cut, measure) for cut in rollup.cuts]
        for rollup in rollups if len(rollup.cuts) > 1 for measure in rollup.additive]


def declared_relations() -> dict[str, str]:
    """Every table and view that a declaration names → its topic."""
    return {name: stream.topic for stream in STREAMS.values() for name in _relations(stream)}


def _additive(stream: Stream) -> list[tuple[Rollup, Cut, Measure]]:
    return [
        (rollup, cut, measure)
        for rollup in stream.rollups for cut in rollup.cuts for measure in rollup.additive]


def _relations(stream: Stream) -> list[str]:
    names = [
        name for rollup in stream.rollups
        for name in (rollup.realtime, rollup.batch, rollup.merged, rollup.hourly_batch, rollup.hourly_merged)
        if name]
    return [*names, stream.quota.table] if stream.quota else names
