"""One batch run over one stream: seal, recount, prove, publish, finalise, compact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from psycopg2.extensions import cursor as Cursor
from pyspark.sql import SparkSession

from batch_layer.alerts import AlertJudge
from batch_layer.compact import compact_hours, remove_superseded
from batch_layer.export import export_views
from batch_layer.finality import settled_hours
from batch_layer.parts import Part
from batch_layer.prove import prove
from batch_layer.prove_panes import judge_too_late, prove_panes
from batch_layer.recount import HourCount, plan_hours, recount
from batch_layer.views import HOURLY, JudgedBy, users_of
from metering.arrow.archive import Archive
from metering.arrow.partial import partial_schema
from metering.clock import Clock
from metering.domain.archive_file import REPAIR
from metering.domain.errors import ServiceAway
from metering.domain.stream import Stream
from metering.failpoints import reach
from metering.kafka.topics import end_offsets, offsets_at_time
from metering.settings import Settings
from metering.store import rotation
from metering.store.locked_session import LockedSession
from metering.store.publish import HourResult, Overtaken, ProofRow, note_failed, publish_hour, record_proofs
from metering.store.rotation import HourBefore, ListedFile, Sealed
from metering.telemetry import Log

LOG = Log("batch_layer")

HOURS_AT_ONCE = 48
"""Hours recounted in one Spark pass: bounds what the driver holds between the pass and the publishes."""


@dataclass
class Outcome:
    """What a run did."""

    published: list[datetime] = field(default_factory=list)
    failed: dict[datetime, str] = field(default_factory=dict)
    made_final: int = 0
    exported: int = 0
    compacted: int = 0
    removed: int = 0
    waits_for: str = ""


@dataclass
class BatchRun:
    """One run over one stream. `spark` starts a session only when there is something to count."""

    settings: Settings
    stream: Stream
    session: LockedSession
    spark: Callable[[], SparkSession]
    clock: Clock
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def _alerts(self) -> AlertJudge:
        return AlertJudge(self.stream, self.session, self.settings.archive)

    def run(self, only: datetime | None = None) -> Outcome:
        """Take over all touched hours, or recount the hour `only`. Running again changes no contents."""
        with self.session.transaction() as cursor:
            sealed = rotation.seal(cursor, self.stream.topic)
        if sealed is None:
            LOG.info("nothing to do: no event was ever counted", topic=self.stream.topic)
            return self.outcome
        with self.session.transaction() as cursor:
            run = rotation.begin_run(cursor, self.stream.topic, sealed.generation)
        status = "stopped"
        try:
            self._take_over(run, sealed, only)
            self._alerts.judge_left(sealed.generation)
            self._finalise(sealed)
            self._tidy()
            status = "failed" if self.outcome.failed else "done"
        finally:
            self._close(run, status)
        return self.outcome

    def _close(self, run: int, status: str) -> None:
        note = "; ".join(f"{hour:%Y-%m-%dT%H}: {why}" for hour, why in self.outcome.failed.items())
        with self.session.transaction() as cursor:
            rotation.finish_run(
                cursor, run, published=len(self.outcome.published), failed=len(self.outcome.failed), status=status,
                note=note[:2000])

    def _take_over(self, run: int, sealed: Sealed, only: datetime | None) -> None:
        topic = self.stream.topic
        with self.session.transaction() as cursor:
            by_metadata = self.stream.quota is not None
            hours = [only] if only else rotation.touched_hours(
                cursor, topic, sealed.generation, by_metadata=by_metadata)
            if only and not rotation.is_known(cursor, topic, only, sealed.generation):
                LOG.info("nothing was ever counted in this hour", topic=topic, hour=f"{only:%Y-%m-%dT%H}")
                return
        LOG.info("sealed", topic=topic, generation=sealed.generation, hours=len(hours))
        for group in _groups(hours):
            self._take_over_group(run, sealed, group)

    def _take_over_group(self, run: int, sealed: Sealed, hours: Sequence[datetime]) -> None:
        topic = self.stream.topic
        with self.session.transaction() as cursor:
            before = rotation.hours_before(cursor, topic, hours)
            files = rotation.listed_files(cursor, topic, hours, sealed.generation)
            judged_by = JudgedBy({}, {})
            if self.stream.quota:
                judged_by = JudgedBy(rotation.user_quotas(cursor), rotation.frozen_quotas(cursor, topic, hours))
        counts = recount(self.spark(), self.stream, self.settings.archive, plan_hours(files, before), judged_by)
        judge_too_late(
            self.session, self.stream, Archive(self.settings.archive), files, sealed.generation, counts)
        arrivals = _first_arrivals(files)
        for hour in hours:
            arrived = arrivals.get(hour, hour)
            self._finish_hour(run, sealed, before[hour], counts[hour], arrived, judged_by)

    def _finish_hour(
        self, run: int, sealed: Sealed, before: HourBefore, count: HourCount, arrived: datetime, judged_by: JudgedBy
    ) -> None:
        """Prove and publish one hour; a fault is noted and the other hours go on."""
        if count.damage:
            damage = "; ".join(sorted(set(count.damage)))
            self._fail(before.hour, f"{damage}. To restore it from Kafka: {REPAIR}")
            return
        proofs = self._prove(sealed, before, count)
        faults = [f"{row.type}: {row.why}" for row in proofs if not row.ok]
        record = partial(
            record_proofs, run=run, topic=self.stream.topic, hour=before.hour, sealed=sealed.generation, proofs=proofs)
        if faults:
            self._fail(before.hour, "; ".join(faults), record)
            return
        crossed_at = self._alerts.crossed_at(before.hour, sealed.generation)
        reach("batch-before-publish")
        try:
            with self.session.transaction() as cursor:
                publish_hour(cursor, self.stream, self._result(sealed, before, count, arrived, judged_by))
                self._alerts.judge(cursor, before.hour, crossed_at)
                # With the publish or not at all: what runs took over is the sum of the proofs that held.
                record(cursor)
        except Overtaken as why:
            LOG.warning("not published", hour=f"{before.hour:%Y-%m-%dT%H}", why=why)
            return
        self.outcome.published.append(before.hour)
        LOG.info("hour published", hour=f"{before.hour:%Y-%m-%dT%H}", events=count.events, duplicates=count.repeats,
                 conflicts=len(count.conflicts), violations=len(count.violations))

    def _prove(self, sealed: Sealed, before: HourBefore, count: HourCount) -> list[ProofRow]:
        with self.session.transaction() as cursor:
            sums = [
                row
                for rollup in self.stream.rollups
                for row in prove(
                    self.stream, rollup, count, rotation.realtime_sums(cursor, rollup, before, sealed.generation))
            ]
            return sums + prove_panes(cursor, self.stream, before, count, sealed.generation)

    def _fail(self, hour: datetime, why: str, record: Callable[[Cursor], None] | None = None) -> None:
        """Name the hour and why; with the failed proof, where it came to one."""
        self.outcome.failed[hour] = why
        LOG.error("hour not published", hour=f"{hour:%Y-%m-%dT%H}", why=why)
        with self.session.transaction() as cursor:
            note_failed(cursor, self.stream.topic, hour, why)
            if record:
                record(cursor)

    def _result(
        self, sealed: Sealed, before: HourBefore, count: HourCount, arrived: datetime, judged_by: JudgedBy
    ) -> HourResult:
        empty = {rollup.name: partial_schema(rollup).empty_table() for rollup in self.stream.rollups}
        hourly = {name: count.rows.get((HOURLY, name), rows) for name, rows in empty.items()}
        users: list[str] = []
        if quota := self.stream.quota:
            users = users_of(hourly[quota.rollup], self.stream.rollup(quota.rollup), quota)
        quotas = {user: known for user in users if (known := judged_by.of(before.hour, user))}
        return HourResult(
            before=before, sealed=sealed.generation, events=count.events, duplicates=count.repeats,
            conflicts=count.conflicts, contested=count.contested, first_arrival=arrived,
            views={name: count.rows.get((Part.EXACT.value, name), rows) for name, rows in empty.items()},
            hourly=hourly, quotas=quotas, unmapped=[user for user in users if user not in quotas],
            violations=count.violations)

    def _finalise(self, sealed: Sealed) -> None:
        """Judge every hour that is not final. Kafka away: hours wait, and the run says so."""
        topic, kafka = self.stream.topic, self.settings.kafka
        with self.session.transaction() as cursor:
            waiting = rotation.open_hours(cursor, topic)
        now = self.clock.now()
        grace = timedelta(seconds=self.settings.grace_s)
        try:
            ends = end_offsets(kafka, topic) if waiting else {}
            settled = settled_hours(waiting, sealed, grace, now, self._offsets_at, ends)
        except ServiceAway as away:
            self.outcome.waits_for = str(away)
            LOG.warning("no hour can become final", why=away)
            return
        with self.session.transaction() as cursor:
            for hour in settled:
                self.outcome.made_final += rotation.make_final(cursor, topic, hour, sealed.generation)

    def _offsets_at(self, moment: datetime) -> dict[int, int | None]:
        return offsets_at_time(self.settings.kafka, self.stream.topic, int(moment.timestamp() * 1000))

    def _tidy(self) -> None:
        archive = Archive(self.settings.archive)
        self.outcome.exported = export_views(self.settings.database_url, self.stream, archive)
        self.outcome.compacted = compact_hours(self.session, self.stream, archive)
        self.outcome.removed = remove_superseded(self.session, self.stream, archive, self.settings.keep_superseded_s)


def _groups(hours: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    for start in range(0, len(hours), HOURS_AT_ONCE):
        yield hours[start : start + HOURS_AT_ONCE]


def _first_arrivals(files: Sequence[ListedFile]) -> dict[datetime, datetime]:
    arrivals: dict[datetime, datetime] = {}
    for file in files:
        arrivals[file.hour] = min(arrivals.get(file.hour, datetime.max.replace(tzinfo=UTC)), file.first_ingest)
    return arrivals
