"""One search over both parts: PostgreSQL since the first day kept, the archive before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from metering.settings import load
from serving.plays.archive import HourOfPlays, archived_hours
from serving.plays.facets import found_in
from serving.plays.search import PAGE_ROWS, ArchiveRead, Counts, Found, Place, Play, Search
from serving.queries.archive_files import HourFile, files_of
from serving.queries.plays import (
    TOPIC,
    every_play,
    play_cube,
    play_rows,
    play_times,
    prefer_index,
    recent_from,
)

MOST_HOURS = 1_000
"""Hours of the archive that one search reads; six weeks."""

MOST_SECONDS = 10.0
"""So long a search reads the archive: the page's reader waits for it."""

STEPS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""What times are counted by. Every zone's hours and days begin at one of the last."""


def find(search: Search, now: datetime, step: timedelta, before: Place | None = None) -> Found:
    """The counts of a search and the page of plays before a place. To be asked inside of a snapshot.

    Raises BadSettings without an archive where one is needed, Damaged where a file of it cannot be read.
    """
    border = _border(now)
    counts, plays = Counts(), list[Play]()
    recent = search.within(border, search.end)
    if not recent.is_empty:
        counts = Counts(play_cube(recent), play_times(recent, step))
        plays = play_rows(recent, found_in(counts.cube, search.filters), before, PAGE_ROWS + 1)
    archive = _Behind(search.within(search.start, border), step, before, plays)
    archive.read()
    counts.add(archive.counts)
    return Found(counts, plays[:PAGE_ROWS], len(plays) > PAGE_ROWS, archive.told)


def count_cube(search: Search, now: datetime) -> tuple[Counts, ArchiveRead | None]:
    """How many plays there are of each combination of facets. To be asked inside of a snapshot."""
    return _count(search, now, lambda recent: Counts(cube=play_cube(recent)), STEPS[-1], "")


def count_times(search: Search, now: datetime, step: timedelta, split: str) -> tuple[Counts, ArchiveRead | None]:
    """How many plays there are over time, by the values of a facet. To be asked inside of a snapshot."""
    return _count(search, now, lambda recent: Counts(times=play_times(recent, step, split)), step, split)


def _count(
    search: Search, now: datetime, count_recent: Callable[[Search], Counts], step: timedelta, split: str
) -> tuple[Counts, ArchiveRead | None]:
    border = _border(now)
    recent = search.within(border, search.end)
    counts = Counts() if recent.is_empty else count_recent(recent)
    archive = _Behind(search.within(search.start, border), step, split=split)
    archive.read()
    counts.add(archive.counts)
    return counts, archive.told


def every(search: Search, now: datetime) -> Iterator[Play]:
    """All plays that a search finds in both parts, the newest first; the archive without a limit."""
    border = _border(now)
    recent = search.within(border, search.end)
    if not recent.is_empty:
        yield from every_play(recent)
    behind = search.within(search.start, border)
    if behind.is_empty or not (files := files_of(TOPIC, behind.start, behind.end)):
        return
    for hour in archived_hours(load("archive").archive, files, behind):
        yield from hour.newest(behind)


def _border(now: datetime) -> datetime:
    """Since when PostgreSQL is asked, with the settings of the transaction in which it will be."""
    prefer_index()
    return recent_from(now)


@dataclass
class _Behind:
    """The part of a search before the recent one, read hour by hour until a limit is reached."""

    search: Search
    step: timedelta
    before: Place | None = None
    plays: list[Play] | None = None
    split: str = ""
    counts: Counts = field(default_factory=Counts)
    told: ArchiveRead | None = None

    def read(self) -> None:
        if self.search.is_empty or not (files := files_of(TOPIC, self.search.start, self.search.end)):
            return
        hours, rows, until = 0, 0, monotonic() + MOST_SECONDS
        cut, reached = False, self.search.start
        for hour in archived_hours(load("archive").archive, files, self.search):
            hours, rows = hours + 1, rows + hour.rows_read
            self._take(hour)
            if (hours == MOST_HOURS or monotonic() > until) and _goes_on(files, hour.hour):
                cut, reached = True, hour.hour
                break
        self.told = ArchiveRead(reached, self.search.end, hours, rows, cut)

    def _take(self, hour: HourOfPlays) -> None:
        self.counts.add(hour.counts(self.search, self.step, self.split))
        if self.plays is None or len(self.plays) > PAGE_ROWS:
            return
        for play in hour.newest(self.search, self.before):
            self.plays.append(play)
            if len(self.plays) > PAGE_ROWS:
                return


def _goes_on(files: list[HourFile], hour: datetime) -> bool:
    return files[-1].hour < hour
