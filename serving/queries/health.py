"""What is well and what is not, stream by stream: the layers, lag, rejected messages, hours that failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from serving.queries.balance import Balance, balances
from serving.queries.finding import Finding, worst_of
from serving.queries.freshness import Freshness, Level, ago, freshness_of, together
from serving.queries.gaps import OpenGaps, open_gaps
from serving.queries.snapshot import ask, statement, whole
from serving.queries.streams import every_topic

JUDGED_FROM = 1_000  # messages: the share of fewer says nothing
BATCH_LATE = timedelta(hours=2)  # the job runs hourly
MOST_FAILED_HOURS = 50


@dataclass(frozen=True)
class Layer:
    """What a layer last said of itself; `topic` is empty where it works for all streams."""

    name: str
    started_at: datetime
    seen_at: datetime
    detail: Mapping[str, object]

    @property
    def topic(self) -> str:
        return self.name.partition(":")[2]


@dataclass(frozen=True)
class BatchRun:
    """One run of the batch layer over a topic. `finished_at` None: it runs, or was killed."""

    topic: str
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

    topic: str
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
class StreamHealth:
    """All facts of one stream."""

    topic: str
    freshness: Freshness
    layers: list[Layer]
    balance: Balance
    rejects: RejectShare
    runs: list[BatchRun]
    failed_hours: list[FailedHour]
    findings: list[Finding]
    gaps: OpenGaps

    @property
    def level(self) -> Level:
        """The worst of its findings; NONE before anything was sent."""
        return worst_of(self.findings) if self.is_used else Level.NONE

    @property
    def is_used(self) -> bool:
        """Whether anything was ever read of it."""
        return self.freshness.level is not Level.NONE


@dataclass(frozen=True)
class Health:
    """All facts of the page, of one moment. `layers`: those that work for all streams."""

    freshness: Freshness
    streams: list[StreamHealth]
    layers: list[Layer]
    findings: list[Finding]  # the worst first

    @property
    def level(self) -> Level:
        """The worst of the findings."""
        return worst_of(self.findings)

    @property
    def rejects(self) -> RejectShare:
        """The worst stream's."""
        return max((stream.rejects for stream in self.streams), key=lambda share: (share.red, share.share))


def health(now: datetime, runs: int = 10) -> Health:
    """The health as of this snapshot, judged at `now`; as many questions for one stream as for many."""
    topics = every_topic()
    fresh, books, latest_runs = freshness_of(topics, now), balances(topics), batch_runs(topics, runs)
    failed, rejects, spoken, gaps = failed_hours(topics), reject_shares(topics), layers(), open_gaps(topics)
    streams = [
        _stream(
            of, book, rejects.get(of.topic, RejectShare(0, 0)), [run for run in latest_runs if run.topic == of.topic],
            [hour for hour in failed if hour.topic == of.topic], [one for one in spoken if one.topic == of.topic],
            gaps.get(of.topic, OpenGaps()))
        for of, book in zip(fresh, books, strict=True)]
    findings = [finding for stream in streams for finding in stream.findings]
    if not any(stream.is_used for stream in streams):
        findings = _of_nothing()
    findings.sort(key=lambda finding: finding.level is not Level.BAD)
    shared = [one for one in spoken if one.topic not in topics]
    return Health(together(fresh), streams, shared, findings)


def _stream(
    fresh: Freshness, books: Balance, rejects: RejectShare, runs: list[BatchRun], failed: list[FailedHour],
    spoken: list[Layer], gaps: OpenGaps
) -> StreamHealth:
    found = [
        *_of_data(fresh), *_of_rejects(rejects), *_of_hours(failed), *_of_runs(runs, fresh), *_of_balance(books),
        *_of_gaps(gaps)]
    named = [Finding(one.level, f"{fresh.topic}: {one.what}", one.advice) for one in found]
    return StreamHealth(fresh.topic, fresh, spoken, books, rejects, runs, failed, named, gaps)


def layers() -> list[Layer]:
    """Every layer that ever said something, by name."""
    return ask(statement("layers"), {}, _layer)


def batch_runs(topics: Sequence[str], limit: int) -> list[BatchRun]:
    """The latest runs over each topic, the newest first."""
    return ask(statement("batch_runs"), {"topics": list(topics), "limit": limit}, BatchRun)


def failed_hours(topics: Sequence[str]) -> list[FailedHour]:
    """The hours (at most 50 of each topic, the newest first) whose latest try was not published."""
    return ask(statement("failed_hours"), {"topics": list(topics), "limit": MOST_FAILED_HOURS}, FailedHour)


def reject_shares(topics: Sequence[str]) -> dict[str, RejectShare]:
    """By topic, the share of its latest messages that were rejected; the worst of several looks back."""
    looks: dict[str, list[RejectShare]] = {}
    for topic, share in ask(statement("rejects"), {"topics": list(topics)}, _look):
        looks.setdefault(topic, []).append(share)
    return {topic: _judged(shares) for topic, shares in looks.items()}


def _look(topic: str, messages: Any, rejected: Any) -> tuple[str, RejectShare]:
    return topic, RejectShare(whole(messages), whole(rejected))


def _judged(looks: list[RejectShare]) -> RejectShare:
    enough = [look for look in looks if look.messages >= JUDGED_FROM]
    return max(enough or looks[-1:], key=lambda look: look.share)


def _layer(layer: str, started_at: datetime, seen_at: datetime, detail: Any) -> Layer:
    return Layer(layer, started_at, seen_at, json.loads(detail) if isinstance(detail, str) else detail or {})


def _of_nothing() -> list[Finding]:
    return [
        Finding(Level.WARN, "No data yet", "send a test event, or start the generator"),
        Finding(Level.WARN, "The batch layer has not run yet", "python -m batch_layer")]


def _of_data(fresh: Freshness) -> list[Finding]:
    return [Finding(fresh.level, fresh.behind, "see its layers below")] if fresh.behind else []


def _of_rejects(rejects: RejectShare) -> list[Finding]:
    if not rejects.red:
        return []
    what = f"{rejects.rejected:,} of the last {rejects.messages:,} messages were rejected"
    return [Finding(Level.BAD, what, "the page of dead letters says why, and what the sender should do")]


def _of_hours(failed: list[FailedHour]) -> list[Finding]:
    return [
        Finding(Level.BAD, f"the hour of {hour.hour:%Y-%m-%d %H:%M} UTC was not published: {hour.failed}",
                "its earlier numbers are still served; the next run tries again")
        for hour in failed[:5]]


def _of_runs(runs: list[BatchRun], fresh: Freshness) -> list[Finding]:
    if not runs:
        is_used = fresh.level is not Level.NONE
        return [Finding(Level.WARN, "the batch layer has not run yet", "python -m batch_layer")] if is_used else []
    latest = runs[0]
    if latest.status == "stopped":
        return [Finding(Level.BAD, f"batch run {latest.run} ended before it was done", "its log says why")]
    if fresh.now - latest.started_at > BATCH_LATE:
        return [Finding(Level.WARN, f"the batch layer last ran {ago(fresh.now - latest.started_at)} ago",
                        "it is meant to run hourly: look at the crontab")]
    return []


def _of_balance(books: Balance) -> list[Finding]:
    if not (books.difference or books.suspects):
        return []
    what = f"the offset balance is off by {books.difference:,} messages"
    return [Finding(Level.BAD, what, "the proof page shows the partitions")]


def _of_gaps(gaps: OpenGaps) -> list[Finding]:
    """Records that Kafka deleted unread, until somebody takes note; offsets that never were records warn of nothing."""
    if not gaps.lost:
        return []
    what = f"{gaps.lost:,} messages were deleted from Kafka before they were read"
    return [Finding(Level.WARN, what, "longer retention in Kafka avoids it; acknowledge it on the page of gaps")]
