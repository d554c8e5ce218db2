"""What is well and what is not: the layers, the lag, the share of rejected messages, hours that failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from serving.queries.balance import Balance, balance
from serving.queries.dimensions import TOPIC
from serving.queries.freshness import Freshness, Level, ago, freshness
from serving.queries.snapshot import ask, statement, whole

JUDGED_FROM = 1_000  # messages: the share of fewer says nothing
BATCH_LATE = timedelta(hours=2)  # the job runs hourly


@dataclass(frozen=True)
class Layer:
    """What a layer last said of itself."""

    name: str
    started_at: datetime
    seen_at: datetime
    detail: Mapping[str, object]


@dataclass(frozen=True)
class BatchRun:
    """One run of the batch layer. `finished_at` None: it runs, or was killed."""

    run: int
    sealed_generation: int
    started_at: datetime
    finished_at: datetime | None
    hours_published: int
    hours_failed: int
    status: str
    note: str

    @property
    def took(self) -> timedelta | None:
        return None if self.finished_at is None else self.finished_at - self.started_at


@dataclass(frozen=True)
class FailedHour:
    """An hour whose latest try was not published, and why; what it had before is still served."""

    hour: datetime
    failed: str
    revision: int


@dataclass(frozen=True)
class RejectShare:
    """Of the latest `messages` how many were rejected."""

    messages: int
    rejected: int

    @property
    def share(self) -> float:
        return self.rejected / self.messages if self.messages else 0.0

    @property
    def red(self) -> bool:
        """More than half of the last 1,000 or more."""
        return self.messages >= JUDGED_FROM and 2 * self.rejected > self.messages


@dataclass(frozen=True)
class Finding:
    """One line of the verdict: how bad, what, and what to do about it."""

    level: Level
    what: str
    advice: str = ""


@dataclass(frozen=True)
class Health:
    """All facts of the page, of one moment."""

    freshness: Freshness
    layers: list[Layer]
    balance: Balance
    rejects: RejectShare
    runs: list[BatchRun]
    failed_hours: list[FailedHour]
    findings: list[Finding]  # the worst first

    @property
    def level(self) -> Level:
        """The worst of the findings."""
        levels = [finding.level for finding in self.findings]
        return next((level for level in (Level.BAD, Level.WARN) if level in levels), Level.GOOD)


def health(now: datetime, runs: int = 10) -> Health:
    """The health as of this snapshot, judged at `now`."""
    fresh, books, latest_runs = freshness(now), balance(), batch_runs(runs)
    failed, rejects = failed_hours(), reject_share()
    findings = [
        *_of_data(fresh), *_of_rejects(rejects), *_of_hours(failed), *_of_runs(latest_runs, now),
        *_of_balance(books)]
    findings.sort(key=lambda finding: finding.level is not Level.BAD)
    return Health(fresh, layers(), books, rejects, latest_runs, failed, findings)


def layers() -> list[Layer]:
    """Every layer that ever said something, by name."""
    return ask(statement("layers"), {}, _layer)


def batch_runs(limit: int) -> list[BatchRun]:
    """The latest runs of the batch layer, the newest first."""
    return ask(statement("batch_runs"), {"topic": TOPIC, "limit": limit}, BatchRun)


def failed_hours() -> list[FailedHour]:
    """The hours (at most 50, the newest first) whose latest try was not published."""
    return ask(statement("failed_hours"), {"topic": TOPIC}, FailedHour)


def reject_share() -> RejectShare:
    """The share of the latest messages that were rejected; the worst of several looks back."""
    looks = ask(
        statement("rejects"), {"topic": TOPIC},
        lambda depth, messages, rejected: RejectShare(whole(messages), whole(rejected)))
    enough = [look for look in looks if look.messages >= JUDGED_FROM]
    return max(enough or looks[-1:], key=lambda look: look.share, default=RejectShare(0, 0))


def _layer(layer: str, started_at: datetime, seen_at: datetime, detail: Any) -> Layer:
    return Layer(layer, started_at, seen_at, json.loads(detail) if isinstance(detail, str) else detail or {})


def _of_data(fresh: Freshness) -> list[Finding]:
    if fresh.level is Level.NONE:
        return [Finding(Level.WARN, "no data yet", "send a test event, or start the generator")]
    return [Finding(fresh.level, fresh.behind, "see the layers below")] if fresh.behind else []


def _of_rejects(rejects: RejectShare) -> list[Finding]:
    if not rejects.red:
        return []
    what = f"{rejects.rejected:,} of the last {rejects.messages:,} messages were rejected"
    return [Finding(Level.BAD, what, "the dead letters on the proof page say why, and what the sender should do")]


def _of_hours(failed: list[FailedHour]) -> list[Finding]:
    return [
        Finding(Level.BAD, f"the hour of {hour.hour:%Y-%m-%d %H:%M} UTC was not published: {hour.failed}",
                "its earlier numbers are still served; the next run tries again")
        for hour in failed[:5]]


def _of_runs(runs: list[BatchRun], now: datetime) -> list[Finding]:
    if not runs:
        return [Finding(Level.WARN, "the batch layer has not run yet", "python -m batch_layer")]
    latest = runs[0]
    if latest.status == "stopped":
        return [Finding(Level.BAD, f"batch run {latest.run} ended before it was done", "its log says why")]
    if now - latest.started_at > BATCH_LATE:
        return [Finding(Level.WARN, f"the batch layer last ran {ago(now - latest.started_at)} ago",
                        "it is meant to run hourly: look at the crontab")]
    return []


def _of_balance(books: Balance) -> list[Finding]:
    found = []
    if books.difference or books.suspects:
        what = f"the offset balance of {books.topic} is off by {books.difference:,} messages"
        found.append(Finding(Level.BAD, what, "the proof page shows the partitions"))
    if books.lost:
        what = f"{books.lost:,} messages were deleted from Kafka before they were read"
        found.append(Finding(Level.WARN, what, "recorded as gaps; longer retention in Kafka avoids it"))
    return found
