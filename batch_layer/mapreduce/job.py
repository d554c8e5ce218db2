"""A rollup as a map-reduce: the first of each identity, then each of them mapped to its window, combined, reduced.

The only module that imports mrjob, which needs Python 3.11 at most. mrjob starts it as a program of its own too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

from mrjob.job import MRJob
from mrjob.protocol import BytesValueProtocol, StandardJSONProtocol
from mrjob.step import MRStep, StepFailedException

from batch_layer.mapreduce.lines import (
    SOURCES,
    event_of,
    measures_from_json,
    measures_to_json,
    read_line,
    row_of,
)
from metering.domain.errors import LambdameterError
from metering.domain.event import Event, Position
from metering.domain.fold import View, distinct, fold, merge_values
from metering.domain.rollup import Rollup, floor_to
from metering.domain.stream import Stream
from metering.streams import STREAMS

_DAY_S = 86_400
_EVENT, _ROW, _TALLY = "event", "row", "tally"
"""What a key begins with: an event under its identity, measures under their group, a count of lines."""

Pairs = Iterator[tuple[str, Any]]


def _key(kind: str, *parts: object) -> str:
    """A key as text: where mrjob combines on Spark, a list cannot be one."""
    return json.dumps([kind, *parts])


def _is_tally(key: str) -> bool:
    return key.startswith(f'["{_TALLY}"')


class RollupJob(MRJob):
    """Counts a rollup over lines of JSON. Lines that are no event are told by reason and counted, never fatal."""

    INPUT_PROTOCOL = BytesValueProtocol
    INTERNAL_PROTOCOL = StandardJSONProtocol
    OUTPUT_PROTOCOL = StandardJSONProtocol

    def configure_args(self) -> None:
        super().configure_args()
        self.add_passthru_arg("--stream", choices=sorted(STREAMS), required=True)
        self.add_passthru_arg("--rollup", required=True)
        self.add_passthru_arg("--source", choices=SOURCES, required=True)
        self.add_passthru_arg("--day-us", type=int, help="only events of the UTC day that begins then")
        self.add_passthru_arg("--window-s", type=int, help="another window than the rollup's own")

    def load_args(self, args: Sequence[str]) -> None:
        super().load_args(args)
        self._tallies: dict[str, list[Any]] = {}

    @property
    def stream(self) -> Stream:
        return STREAMS[self.options.stream]

    @property
    def rollup(self) -> Rollup:
        return self.stream.rollup(self.options.rollup)

    def steps(self) -> list[MRStep]:
        return [
            MRStep(
                mapper=self.by_identity, mapper_final=self.told, reducer=self.first_of_identity,
                reducer_final=self.told),
            MRStep(mapper=self.by_window, combiner=self.merged, reducer=self.merged),
        ]

    def by_identity(self, _: object, line: bytes) -> Pairs:
        """Each line's event under its identity."""
        found, position = read_line(self.stream, self.options.source, line)
        if not isinstance(found, Event):
            self._tally(f"bad {found.reason.name} {found.field}".strip(), [position])
        elif self.options.day_us in (None, floor_to(found.time_us, _DAY_S)):
            yield _key(_EVENT, *found.identity), row_of(self.stream, found)

    def first_of_identity(self, key: str, values: Iterable[Any]) -> Pairs:
        """The one event of an identity that counts, as everywhere."""
        if _is_tally(key):
            yield key, _added(values)
            return
        chosen = distinct(event_of(self.stream, row) for row in values)
        for name, events in (("counted", chosen.first), ("repeat", chosen.repeats), ("conflict", chosen.conflicts)):
            self._tally(name, [event.position for event in events])
        for event in chosen.first:
            yield key, row_of(self.stream, event)

    def by_window(self, key: str, value: Any) -> Pairs:
        """Each event's measures under window and dimensions."""
        if _is_tally(key):
            yield key, value
            return
        view = fold(self.rollup, [event_of(self.stream, value)], self.options.window_s)
        for group, measures in view.items():
            yield _key(_ROW, *group), measures_to_json(measures)

    def merged(self, key: str, values: Iterable[Any]) -> Pairs:
        """Combines and reduces: the measures of a whole follow from its parts'."""
        if _is_tally(key):
            yield key, _added(values)
            return
        yield key, measures_to_json(reduce(partial(merge_values, self.rollup), map(measures_from_json, values)))

    def told(self) -> Pairs:
        """What this task tallied."""
        for name, tally in self._tallies.items():
            yield _key(_TALLY, name), tally
        self._tallies = {}

    def _tally(self, name: str, positions: Sequence[Position]) -> None:
        if positions:
            first = min((position.partition, position.offset) for position in positions)
            known = [self._tallies[name]] if name in self._tallies else []
            self._tallies[name] = _added([*known, [len(positions), list(first)]])


def _added(tallies: Iterable[Any]) -> list[Any]:
    """One tally of many: the count, and the first place (partition, offset)."""
    counts, firsts = zip(*tallies, strict=True)
    return [sum(counts), min(firsts)]


@dataclass(frozen=True)
class Tally:
    """How many lines there were of a sort, and where the first one stands."""

    count: int
    partition: int
    offset: int


@dataclass
class Answer:
    """What a job found. `tallies`: counted, repeat, conflict, and `bad` with a reason and a field."""

    view: View = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)


def run_job(runner: str, options: Sequence[str], inputs: Sequence[str]) -> Answer:
    """Run the job to its end. `options` are mrjob's and the job's own; a mrjob.conf of this machine is not read."""
    logging.getLogger("mrjob").setLevel(logging.ERROR)
    job = RollupJob(["--runner", runner, "--no-conf", *options, *inputs])
    answer = Answer()
    try:
        with job.make_runner() as running:
            running.run()
            for key, value in job.parse_output(running.cat_output()):
                _take(answer, key, value)
    except StepFailedException as error:
        raise LambdameterError(f"the map-reduce did not end: {error}") from error
    return answer


def _take(answer: Answer, key: str, value: Any) -> None:
    _, *parts = json.loads(key)
    if _is_tally(key):
        count, (partition, offset) = value
        answer.tallies[parts[0]] = Tally(count, partition, offset)
    else:
        answer.view[tuple(parts)] = measures_from_json(value)


if __name__ == "__main__":
    RollupJob.run()
