"""Quota alerts judged with the publish of an hour, by its exact count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg2.extensions import cursor as Cursor

from metering.arrow.archive import Archive
from metering.arrow.crossing import MOST_ROWS, crossings, rows_of
from metering.arrow.listed import DamagedFile
from metering.domain.alerts import threshold
from metering.domain.stream import Stream
from metering.store import alerts, rotation
from metering.store.alerts import OpenAlert
from metering.store.locked_session import LockedSession
from metering.telemetry import Log

LOG = Log("batch_layer")

CrossedAt = Mapping[int, datetime]


@dataclass(frozen=True)
class AlertJudge:
    """Judges the alerts of a stream's hours. A stream without a quota has none."""

    stream: Stream
    session: LockedSession
    archive: str

    def crossed_at(self, hour: datetime, sealed: int) -> CrossedAt:
        """Alert → append time of the event that crossed; of the hour's open alerts, before its publish.

        Nothing is read where nothing was raised.
        """
        if not self.stream.quota:
            return {}
        with self.session.transaction() as cursor:
            raised = alerts.open_of_hour(cursor, hour)
            files = rotation.listed_files(cursor, self.stream.topic, [hour], sealed) if raised else []
            quotas = rotation.user_quotas(cursor) if raised else {}
            frozen = rotation.frozen_quotas(cursor, self.stream.topic, [hour]) if raised else {}
        if not raised or sum(file.rows for file in files) > MOST_ROWS:
            return {}
        known = quotas | frozen.get(hour, {})
        at = {one.number: threshold(one.percent, known[one.id][1]) if one.id in known else one.threshold
              for one in raised}
        found = self._crossings([file.path for file in files], raised, at)
        return {one.number: found[one.id, at[one.number]] for one in raised if (one.id, at[one.number]) in found}

    def _crossings(
        self, paths: Sequence[str], raised: Sequence[OpenAlert], at: Mapping[int, Decimal]
    ) -> dict[tuple[str, Decimal], datetime]:
        quota = self.stream.quota
        assert quota
        rollup = self.stream.rollup(quota.rollup)
        cut = next(cut for cut in rollup.cuts if quota.cut_type in cut.constants.values())
        [subject] = cut.takes.values()
        thresholds: dict[str, list[Decimal]] = {}
        for one in raised:
            thresholds.setdefault(one.id, []).append(at[one.number])
        try:
            rows = rows_of(Archive(self.archive), self.stream, paths, subject, list(thresholds))
        except DamagedFile as damage:
            LOG.warning("no delay can be told", why=damage)
            return {}
        return crossings(self.stream, rows, subject, str(rollup.measures[0].of), thresholds)

    def judge(self, cursor: Cursor, hour: datetime, crossed_at: CrossedAt) -> None:
        """Judge an hour in the transaction that publishes it."""
        if self.stream.quota:
            changed = alerts.judge_hour(cursor, self.stream, self.stream.quota, hour, crossed_at)
            if changed:
                LOG.info("alerts judged", hour=f"{hour:%Y-%m-%dT%H}", changed=changed)

    def judge_left(self, sealed: int) -> None:
        """Judge what was raised from the numbers of before a publish, by a moment too late for that publish."""
        if not self.stream.quota:
            return
        with self.session.transaction() as cursor:
            hours = alerts.unjudged_hours(cursor, self.stream.topic)
        for hour in hours:
            crossed_at = self.crossed_at(hour, sealed)
            with self.session.transaction() as cursor:
                self.judge(cursor, hour, crossed_at)
