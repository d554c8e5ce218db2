"""The engines under judgement. Each is given raw messages and answers with views; none sees another's answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from batch_layer.mapreduce.lines import ARCHIVE
from batch_layer.mapreduce.runners import runner_options
from batch_layer.mapreduce.sources import write_archive_rows
from batch_layer.parts import Part
from batch_layer.recount import plan_hours, recount
from batch_layer.views import HOURLY, JudgedBy
from metering.arrow.archive import Archive
from metering.arrow.decode import Checked, decode
from metering.arrow.distinct import distinct_rows
from metering.arrow.files import HourFiles, split_by_hour
from metering.arrow.partial import merge_partials, partial_sums
from metering.arrow.schemas import MESSAGES, added_schema, archive_schema
from metering.domain.event import Event, Position, Rejection
from metering.domain.fold import View, distinct, fold
from metering.domain.judge import judge
from metering.domain.rollup import HOUR_S, Rollup
from metering.domain.stream import Stream, TimeRules
from metering.store.rotation import HourBefore, ListedFile


@dataclass(frozen=True)
class Message:
    """One Kafka record. `ingest_us`: append time, epoch microseconds. `added`: what the speed layer adds to it."""

    raw: bytes | None
    ingest_us: int
    partition: int = 0
    offset: int = 0
    added: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """`windows`, `hours`: (start in epoch µs, dimensions…) → measures. `rejected`: offset → reason's name."""

    windows: View
    hours: View
    rejected: dict[int, str]
    repeats: int
    conflicts: int


class Engine(Protocol):
    """Counts messages exactly: the first of each identity, by window and by hour."""

    def count(self, stream: Stream, rollup: Rollup, messages: Sequence[Message], rules: TimeRules) -> Answer: ...


class PlainPython:
    """The reference: judge, distinct, fold."""

    def count(self, stream: Stream, rollup: Rollup, messages: Sequence[Message], rules: TimeRules) -> Answer:
        judged = [
            judge(stream, one.raw, Position(stream.topic, one.partition, one.offset), one.ingest_us, rules)
            for one in messages]
        events = [
            replace(found, added=one.added)
            for one, found in zip(messages, judged, strict=True) if isinstance(found, Event)]
        chosen = distinct(events)
        rejected = {
            one.offset: found.reason.name
            for one, found in zip(messages, judged, strict=True) if isinstance(found, Rejection)}
        return Answer(
            windows=fold(rollup, chosen.first), hours=fold(rollup, chosen.first, HOUR_S), rejected=rejected,
            repeats=len(chosen.repeats) + len(chosen.conflicts), conflicts=len(chosen.conflicts))


class Arrow:
    """The speed layer's decoding and sums, with Arrow's choice of the first of each identity."""

    def count(self, stream: Stream, rollup: Rollup, messages: Sequence[Message], rules: TimeRules) -> Answer:
        checked = decoded(stream, messages, rules)
        hours = [distinct_rows(stream, rows) for _, rows in split_by_hour(stream, checked.accepted)]
        sums = [partial_sums(stream, rollup, hour.first) for hour in hours]
        by_hour = [partial_sums(stream, rollup, hour.first, HOUR_S) for hour in hours]
        return Answer(
            windows=view_of(rollup, merge_partials(rollup, sums)),
            hours=view_of(rollup, merge_partials(rollup, by_hour)),
            rejected={letter.position.offset: letter.rejection.reason.name for letter in checked.rejected},
            repeats=sum(hour.repeats.num_rows for hour in hours),
            conflicts=sum(hour.conflicts.num_rows for hour in hours))


class SparkSql:
    """The batch layer: archive files, the recount's tasks, the views in Spark SQL."""

    def __init__(self, session: object, folder: Path, rows_at_once: int = 10**6) -> None:
        self._session, self._folder, self._rows_at_once = session, folder, rows_at_once
        self._runs = 0

    def count(self, stream: Stream, rollup: Rollup, messages: Sequence[Message], rules: TimeRules) -> Answer:
        self._runs += 1
        root = str(self._folder / str(self._runs))
        checked = decoded(stream, messages, rules)
        files = list(archive_files(stream, root, checked.accepted))
        before = {file.hour: HourBefore(file.hour) for file in files}
        plans = plan_hours(files, before, self._rows_at_once)
        counts = recount(self._session, stream, root, plans, JudgedBy({}, {})) if plans else {}  # type: ignore[arg-type]
        windows = [count.rows[(Part.EXACT.value, rollup.name)] for count in counts.values()]
        by_hour = [count.rows[(HOURLY, rollup.name)] for count in counts.values()]
        return Answer(
            windows=view_of(rollup, merge_partials(rollup, windows)),
            hours=view_of(rollup, merge_partials(rollup, by_hour)),
            rejected={letter.position.offset: letter.rejection.reason.name for letter in checked.rejected},
            repeats=sum(count.repeats for count in counts.values()),
            conflicts=sum(len(count.conflicts) for count in counts.values()))


class MapReduce:
    """mrjob over archive rows as JSON lines, by one of its runners."""

    def __init__(self, runner: str, folder: Path) -> None:
        self._runner, self._folder = runner, folder
        self._runs = 0

    def count(self, stream: Stream, rollup: Rollup, messages: Sequence[Message], rules: TimeRules) -> Answer:
        self._runs += 1
        root = self._folder / str(self._runs)
        checked = decoded(stream, messages, rules)
        lines = root / "lines.jsonl"
        root.mkdir()
        files = list(archive_files(stream, str(root), checked.accepted))
        write_archive_rows(Archive(str(root)), stream, files, lines)
        windows, hours = (self._run(stream, rollup, root, lines, width) for width in (rollup.window_s, HOUR_S))
        told = {name: windows.tallies[name].count for name in windows.tallies}
        conflicts = told.get("conflict", 0)
        return Answer(
            windows=windows.view, hours=hours.view,
            rejected={letter.position.offset: letter.rejection.reason.name for letter in checked.rejected},
            repeats=told.get("repeat", 0) + conflicts, conflicts=conflicts)

    def _run(self, stream: Stream, rollup: Rollup, scratch: Path, lines: Path, window_s: int) -> Any:
        from batch_layer.mapreduce.job import run_job  # mrjob is not there for every Python

        asked = ["--stream", stream.topic, "--rollup", rollup.name, "--source", ARCHIVE, "--window-s", str(window_s)]
        return run_job(self._runner, [*asked, *runner_options(self._runner, scratch, "local[2]")], [str(lines)])


def archive_files(stream: Stream, root: str, events: pa.Table) -> Iterator[ListedFile]:
    """Two files an hour, so that a repeat may lie in another file than the first."""
    for half in (events.slice(0, events.num_rows // 2), events.slice(events.num_rows // 2)):
        files = HourFiles(Archive(root), stream, archive_schema(stream), partition=0)
        files.write(half, measured=lambda rows: rows.num_rows)
        for file, _ in files.finish():
            hour = datetime.fromtimestamp(file.hour / 1e6, UTC)
            yield ListedFile(hour, file.path, file.rows, 1, file.size, hour)


def decoded(stream: Stream, messages: Sequence[Message], rules: TimeRules) -> Checked:
    """The messages as Arrow decodes them, the accepted with what was added to them."""
    checked = decode(stream, batch_of(stream, messages), rules)
    added = {one.offset: one.added for one in messages}
    rows = [dict(added[offset]) for offset in checked.accepted["offset"].to_pylist()]
    events = checked.accepted
    for column in added_schema(stream):
        events = events.append_column(column, pa.array([row.get(column.name) for row in rows], column.type))
    return replace(checked, accepted=events)


def batch_of(stream: Stream, messages: Sequence[Message]) -> pa.RecordBatch:
    """Messages as Spark hands them to a task."""
    columns = [
        pa.array([one.raw for one in messages], pa.binary()),
        pa.array([stream.topic] * len(messages), pa.string()),
        pa.array([one.partition for one in messages], pa.int32()),
        pa.array([one.offset for one in messages], pa.int64()),
        pa.array([one.ingest_us for one in messages], pa.int64()).cast(MESSAGES.field("timestamp").type),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=MESSAGES)


def view_of(rollup: Rollup, sums: pa.Table) -> View:
    """A table of sums in the shape of the reference's view."""
    starts = sums[rollup.window_column].cast(pa.int64()).to_pylist()
    keys = zip(*(sums[column].to_pylist() for column in rollup.dimensions), strict=True)
    values = zip(*(_values(sums[measure.column]) for measure in rollup.measures), strict=True)
    return {(start, *key): row for start, key, row in zip(starts, keys, values, strict=True)}


def _values(column: pa.ChunkedArray) -> list[object]:
    """Numbers as decimals, times as epoch microseconds."""
    values: list[object] = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
    return values
