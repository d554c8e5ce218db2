"""One slice: evaluate the frame once, check its balance, commit it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from psycopg2.extensions import connection as Connection

from metering.arrow.archive import Archive
from metering.arrow.elements import elements_of
from metering.arrow.partial import merge_partials
from metering.domain.archive_file import ArchiveFile
from metering.domain.panes import PaneRules
from metering.domain.spans import gaps_between, spans_of
from metering.domain.stream import Stream
from metering.failpoints import reach
from metering.store.connection import reaching_postgresql
from metering.store.slice_commit import TopicSlice, commit_slice
from metering.telemetry import Log
from speed_layer.balance import check_balance
from speed_layer.faults import Restart
from speed_layer.findings import Findings, from_table

LOG = Log("speed_layer")


@dataclass
class Progress:
    """What this run has committed so far, for the log and the site; `ends_noted` is set when the ends of Kafka's
    log were noted.
    """

    slices: int = 0
    events: int = 0
    rejected: int = 0
    files: int = 0
    last_slice: dict[str, object] = field(default_factory=dict)
    ends_noted: threading.Event = field(default_factory=threading.Event)
    _waiting: list[threading.Event] = field(default_factory=list)

    def after_commit(self) -> threading.Event:
        """An event of the caller's own, set after each slice."""
        self._waiting.append(threading.Event())
        return self._waiting[-1]

    def tell_committed(self) -> None:
        """Set the events of all who wait."""
        for event in self._waiting:
            event.set()


class SliceWriter:
    """Commits slices on one connection. `next_offsets` is what this run read at its start or committed last."""

    def __init__(
        self, connection: Connection, streams: Mapping[str, Stream], archive: Archive,
        next_offsets: dict[str, dict[int, int]], known: Mapping[str, frozenset[int]], progress: Progress,
        pane_rules: PaneRules,
    ) -> None:
        self._connection, self._streams, self._archive = connection, streams, archive
        self._next = next_offsets
        self._known = {topic: set(partitions) for topic, partitions in known.items()}
        self.progress = progress
        self._pane_rules = pane_rules

    def write(self, table: pa.Table) -> None:
        """Commit the findings of one evaluated slice, all topics in one transaction."""
        began = time.monotonic()
        slices = [self._topic_slice(found) for found in from_table(table).values()]
        reach("speed-before-commit")
        with reaching_postgresql():
            commit_slice(self._connection, slices, self._files_present, self._pane_rules)
        reach("speed-after-commit")
        for found in slices:
            self._remember(found)
        self._tell(slices, time.monotonic() - began)

    def _files_present(self, files: Sequence[ArchiveFile]) -> None:
        for file in files:
            if self._archive.size(file.path) != file.size:
                raise Restart(f"{file.path} was written a moment ago and is gone; its events are read again")

    def _topic_slice(self, found: Findings) -> TopicSlice:
        stream = self._streams[found.topic]
        spans = spans_of(found.runs)
        sums = {rollup.name: merge_partials(rollup, found.partials.get(rollup.name, [])) for rollup in stream.rollups}
        check_balance(stream, found, spans, sums)
        expected = {span.partition: self._next[found.topic].get(span.partition, 0) for span in spans}
        gaps = [gap for number, at in expected.items() for gap in gaps_between(number, at, found.runs)]
        known = frozenset(self._known[found.topic])
        return TopicSlice(
            stream, expected, known, spans, gaps, found.files, found.rejected, sums, found.rows,
            elements_of(stream, found.rows))

    def _remember(self, found: TopicSlice) -> None:
        topic = found.stream.topic
        for span in found.spans:
            self._next[topic][span.partition] = span.last + 1
            self._known[topic].add(span.partition)
        for gap in found.gaps:
            LOG.warning("offsets stepped over", topic=topic, partition=gap.partition, first=gap.first,
                        last=gap.last, why=gap.reason)

    def _tell(self, slices: list[TopicSlice], commit_s: float) -> None:
        events = sum(span.rows for found in slices for span in found.spans)
        rejected = sum(len(found.rejected) for found in slices)
        files = sum(len(found.files) for found in slices)
        self.progress.slices += 1
        self.progress.events += events
        self.progress.rejected += rejected
        self.progress.files += files
        self.progress.last_slice = {
            "events": events, "rejected": rejected, "files": files, "commit_s": round(commit_s, 3)}
        LOG.info("slice committed", **self.progress.last_slice)
        self.progress.tell_committed()
