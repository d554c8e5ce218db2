"""R9, R10: how fast the batch layer counts an archive, beside DuckDB and beside Spark's own group-bys.

Warm: one session; files → distinct rows → both views in the driver, SHA-256 of every file, raw sums for the proof and
repeats included, which the others do not do. Cold: the hourly job as a process of its own, publish included, beside a
process that imports DuckDB and counts. All views are compared row by row in every turn.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from batch_layer.recount import HourCount, plan_hours, recount
from batch_layer.run import BatchRun
from batch_layer.views import JudgedBy
from benchmarks import duck
from benchmarks.archived import HOURS, Archived, archived
from benchmarks.bench import Figure, Found, Room, Side, WrongAnswer, ratios, take_turns, timed
from benchmarks.committed import commit
from benchmarks.databases import copy_database, drop_database, fresh_database
from benchmarks.draining import spark
from benchmarks.spark_groups import SparkGroups
from benchmarks.views import Views, published, recounted, same
from metering.clock import SystemClock
from metering.kafka.topics import ensure_topic
from metering.settings import Settings, child_environment
from metering.store.locked_session import LockedSession
from metering.streams.devices import DEVICES

ROWS, SHORT_ROWS = 4_000_000, 1_000_000


@dataclass
class Recounting:
    """The same files, counted by each side in turn."""

    settings: Settings
    folder: Path
    files: Archived

    def __post_init__(self) -> None:
        self.duckdb = duck.connected()

    @cached_property
    def truth(self) -> Views:
        """What DuckDB counts, whose sum is the generator's own."""
        return duck.count(self.duckdb, self.files.paths)

    def check(self, side: str, views: Views) -> None:
        """Raise WrongAnswer unless the views are the other side's and add up to what was generated."""
        same(side, views, self.truth)
        for view in views:
            total = sum(int(value) for value in view["value"].to_pylist())
            if total != 3 * self.files.total:
                raise WrongAnswer(f"{side} counted {total} bytes in three cuts of {self.files.total} each")

    def duck(self) -> float:
        found: list[Views] = []
        seconds = timed(lambda: found.append(duck.count(self.duckdb, self.files.paths)))
        self.check("DuckDB", found[0])
        return seconds

    def warm(self, session: SparkSession) -> float:
        """Files → views, as a run does it."""
        plans = plan_hours(self.files.listed, self.files.before)
        counts: dict[datetime, HourCount] = {}
        seconds = timed(lambda: counts.update(recount(session, DEVICES, self.files.root, plans, JudgedBy({}, {}))))
        self.check("recount", recounted(counts))
        return seconds

    def whole(self, session: SparkSession) -> float:
        """A whole run in a warm session: seal, recount, proof, publish."""
        with self._database() as settings, LockedSession(settings.database_url, "bench", "batch_layer") as locked:
            run = BatchRun(settings, DEVICES, locked, lambda: session, SystemClock())
            seconds = timed(run.run)
            self.check("run", published(settings.database_url))
        return seconds

    def cold(self) -> float:
        """`python -m batch_layer` as a process."""
        with self._database() as settings:
            environment = self._compiled(
                LAMBDAMETER_HOME=str(settings.home), DATABASE_URL=settings.database_url,
                LAMBDAMETER_ARCHIVE=settings.archive)
            seconds = timed(lambda: self._process(["batch_layer", "--stream", DEVICES.topic], environment))
            self.check("process", published(settings.database_url))
        return seconds

    def cold_duck(self) -> float:
        """A process that does what DuckDB's side does."""
        into = str(self.folder / "duck")
        seconds = timed(lambda: self._process(["benchmarks.duck", into, *self.files.paths], self._compiled()))
        windows, hours = (pq.read_table(f"{into}-{name}.parquet") for name in ("windows", "hours"))
        self.check("DuckDB's process", (windows, hours))
        return seconds

    def _compiled(self, **changes: str) -> dict[str, str]:
        """An environment in which Python keeps what it compiled, as it does by itself: whoever starts benches may have
        forbidden it, and both sides would compile their imports in every turn."""
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.folder / "compiled")}
        return child_environment(**kept, **changes)

    def _process(self, module: list[str], environment: dict[str, str]) -> None:
        log = self.folder / f"{module[0]}.log"
        with log.open("w") as told:
            command = [sys.executable, "-m", *module]
            ended = subprocess.run(command, env=environment, stdout=told, stderr=told, check=False)
        if ended.returncode:
            raise WrongAnswer(f"{module[0]} ended with {ended.returncode}:\n{log.read_text()[-2000:]}")

    @contextmanager
    def _database(self) -> Iterator[Settings]:
        url = copy_database(self.settings.database_url, self._committed)
        try:
            yield replace(self.settings, database_url=url, archive=self.files.root)
        finally:
            drop_database(self.settings.database_url, url)

    @cached_property
    def _committed(self) -> str:
        """A database as the streaming job leaves it, to copy for each turn."""
        ensure_topic(self.settings.kafka, DEVICES.topic)
        url = fresh_database(self.settings.database_url)
        commit(url, self.files)
        return url


def measure(room: Room) -> Found:
    """All sides, warm; then those that start cold."""
    # The last hours, so that none is final yet and nothing is compacted within the time.
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    files = archived(room.folder / "archive", room.number(ROWS, SHORT_ROWS), hour)
    counting = Recounting(room.settings, room.folder, files)
    with closing(counting.duckdb):
        with spark(room) as session:
            taken = take_turns(_warm_sides(counting, session, short=room.short), room)
        taken |= take_turns((Side("DuckDB, cold", "s", counting.cold_duck),
                             Side("batch layer, cold", "s", counting.cold)), room)
    figures = [
        Figure("R9", "recount / DuckDB, warm", ratios(taken["recount"], taken["DuckDB"]), at_most=1.0),
        Figure("R9", "process / DuckDB's process, cold",
               ratios(taken["batch layer, cold"], taken["DuckDB, cold"]), at_most=5.0),
        Figure("R9", "whole run with publish / DuckDB, warm", ratios(taken["whole run"], taken["DuckDB"])),
    ]
    if not room.short:
        figures += [
            Figure("R10", "recount / three Spark group-bys", ratios(taken["recount"], taken["Spark"]), at_most=0.2),
            Figure("R10", "the same, distinct rows kept in memory between them",
                   ratios(taken["recount"], taken["Spark, kept"])),
        ]
    return Found(taken, figures, {"rows": files.rows, "distinct": files.distinct, "files": len(files.files)})


def _warm_sides(counting: Recounting, session: SparkSession, *, short: bool) -> list[Side]:
    sides = [
        Side("DuckDB", "s", counting.duck),
        Side("recount", "s", lambda: counting.warm(session)),
        Side("whole run", "s", lambda: counting.whole(session)),
    ]
    if not short:
        truth = counting.truth
        groups = SparkGroups(session, counting.files, lambda view: same("Spark", (view, truth[1]), truth))
        sides += [Side("Spark", "s", groups.each_by_itself), Side("Spark, kept", "s", groups.kept)]
    return sides
