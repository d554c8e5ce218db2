"""`python -m batch_layer mapreduce`: count a day by map-reduce, and say where the batch view differs."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from batch_layer.mapreduce.compare import differences
from batch_layer.mapreduce.lines import INBOX
from batch_layer.mapreduce.runners import runner_options
from batch_layer.mapreduce.sources import day_files, write_archive_rows, write_day_files
from metering.arrow.archive import Archive
from metering.domain.errors import BadSettings, Damaged
from metering.domain.fold import View
from metering.domain.rollup import HOUR_S, Rollup, floor_to
from metering.domain.stream import Stream
from metering.settings import Settings
from metering.store.batch_view import Day, read_day, snapshot
from metering.store.rotation import ListedFile
from metering.streams import STREAMS
from metering.telemetry import Log

if TYPE_CHECKING:
    from batch_layer.mapreduce.job import Answer

LOG = Log("batch_layer")

_SHOWN = 20
_NEWEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Question:
    """What was asked: a UTC day of a rollup, counted from `source` by mrjob's `runner`."""

    day: date
    stream: Stream
    rollup: Rollup
    source: str
    runner: str

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, time(), UTC)


def question(*, day: date, stream: str, rollup: str | None, source: str, runner: str) -> Question:
    """Raises BadSettings with what is wrong. Without a rollup, the stream's first."""
    if sys.version_info[:2] > _NEWEST_PYTHON:
        raise BadSettings([f"Python {sys.version.split()[0]}: mrjob needs Python 3.11, in an environment of its own"])
    declared = {found.name: found for found in STREAMS[stream].rollups}
    asked = rollup or next(iter(declared))
    if asked not in declared:
        raise BadSettings([f"--rollup={asked!r}: {stream} has {', '.join(declared)}"])
    return Question(day, STREAMS[stream], declared[asked], source, runner)


def mapreduce(settings: Settings, asked: Question) -> int:
    """Count, compare, print. 0 where all is equal. Changes nothing. Raises Damaged where it is not."""
    with snapshot(settings.database_url, "mapreduce") as cursor:
        day = read_day(cursor, asked.stream.topic, asked.rollup, asked.start)
    with _scratch(settings) as scratch:
        answer = _count(settings, asked, day, scratch)
    judged = _Judged.of(day, answer.view)
    _tell_hours(asked, day, judged)
    found = list(differences(asked.rollup, judged.counted, judged.published))
    print(f"rows compared: {len({*judged.counted, *judged.published})}; values that differ: {len(found)}")
    for difference in islice(found, _SHOWN):
        print(f"  {difference}")
    if len(found) > _SHOWN:
        print(f"  … and {len(found) - _SHOWN} more")
    if found:
        raise Damaged(f"the map-reduce and {asked.rollup.batch} differ in {len(found)} values on {asked.day}")
    print("equal")
    return 0


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    home = settings.home / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mapreduce-", dir=home) as folder:
        yield Path(folder)


def _count(settings: Settings, asked: Question, day: Day, scratch: Path) -> Answer:
    try:
        from batch_layer.mapreduce.job import run_job
    except ImportError as error:
        raise BadSettings([f"mrjob is not installed ({error}): pip install 'lambdameter[mrjob]'"]) from error

    archive, lines = Archive(settings.archive), scratch / "lines.jsonl"
    paths: list[str] = []
    if asked.source == INBOX:
        paths = day_files(archive, asked.day)
        written = write_day_files(archive, paths, lines)
    else:
        written = write_archive_rows(archive, asked.stream, _published_files(day), lines)
    LOG.info("map-reduce begins", rollup=asked.rollup.name, day=asked.day, runner=asked.runner, lines=written)
    options = [*_job_options(asked), *runner_options(asked.runner, scratch, settings.spark_master)]
    answer = run_job(asked.runner, options, [str(lines)])
    _tell_lines(asked, written, answer, paths)
    return answer


def _published_files(day: Day) -> list[ListedFile]:
    """The files that the batch view was counted from; all, where no hour is published."""
    published = day.published
    if not published:
        return list(day.files)
    return [file for file in day.files if file.generation <= published.get(file.hour, 0)]


def _job_options(asked: Question) -> list[str]:
    start_us = int(asked.start.timestamp()) * 1_000_000
    return ["--stream", asked.stream.topic, "--rollup", asked.rollup.name, "--source", asked.source,
            "--day-us", str(start_us)]


@dataclass(frozen=True)
class _Judged:
    """The rows to compare, and hours that have samples and are not published."""

    counted: View
    published: View
    left_out: Sequence[datetime]

    @classmethod
    def of(cls, day: Day, counted: View) -> _Judged:
        """Hours that are not published are left out, unless none is."""
        seen = {_hour(key) for key in counted} | {file.hour for file in day.files}
        waiting = sorted(seen - set(day.published))
        if not day.published:
            return cls(counted, day.rows, waiting)
        return cls(
            {key: values for key, values in counted.items() if _hour(key) in day.published}, day.rows, waiting)


def _hour(key: Sequence[object]) -> datetime:
    return datetime.fromtimestamp(floor_to(int(str(key[0])), HOUR_S) // 1_000_000, UTC)


def _tell_lines(asked: Question, written: int, answer: Answer, paths: Sequence[str]) -> None:
    print(f"{asked.rollup.name} on {asked.day} UTC, by mrjob ({asked.runner}) from the {asked.source}: {written} lines")
    for name, tally in sorted(answer.tallies.items()):
        place = f" (first: {paths[tally.partition]}, line {tally.offset})" if paths and name != "counted" else ""
        print(f"  {name}: {tally.count}{place}")
    if asked.source == INBOX:
        print("  the inbox holds what came by the gateway; samples sent straight to Kafka are not in it and differ")


def _tell_hours(asked: Question, day: Day, judged: _Judged) -> None:
    print(f"hours published: {_clock(sorted(day.published)) or 'none'}")
    if judged.left_out:
        what = "left out" if day.published else "compared all the same, since none is"
        print(f"hours not published yet, {what}: {_clock(judged.left_out)}")
    newer = {file.hour for file in day.files if file.generation > day.published.get(file.hour, file.generation)}
    if newer:
        print(f"hours with newer samples that are not published yet: {_clock(sorted(newer))}")


def _clock(hours: Sequence[datetime]) -> str:
    return " ".join(f"{hour:%H:00}" for hour in hours)
