"""The commands, wired: services, Spark, and what each prints."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg2.extensions import cursor as Cursor
from pyspark.sql import SparkSession

from metering.clock import SystemClock
from metering.domain.errors import BadSettings
from metering.redis.connection import connect as connect_redis
from metering.settings import Settings
from metering.spark.session import start_session
from metering.store.connection import connect, reaching_postgresql
from metering.store.models import (
    ModelVersion,
    Trained,
    current_version,
    keep_model,
    latest_version,
    read_version,
)
from metering.telemetry import Log
from ml.count import count
from ml.folder import Features, check_folder, read_features, write_features
from ml.libsvm import read_libsvm
from ml.replay import COLUMNS, replay, write_customers
from ml.score import check_fit, publish, scores
from ml.sources import ArchiveSource, CsvSource, Source, Transaction
from ml.span import Span
from ml.told import tell, tell_features, tell_metrics, tell_replayed
from ml.train import train

LOG = Log("ml")

PUBLISH_S = 60.0
"""A run of some hundred thousand customers is one command to Redis; the stream's own limit would be too short."""


class Command:
    """One command's settings and services; `transaction` opens one on PostgreSQL, by default on a session for it."""

    def __init__(self, settings: Settings, asked: argparse.Namespace, transaction: Transaction | None = None) -> None:
        self.settings, self.asked = settings, asked
        self.transaction = transaction or self._transaction
        self._clock = SystemClock()

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        with closing(connect(self.settings.database_url, "ml")) as session:
            with reaching_postgresql(), session, session.cursor() as cursor:
                yield cursor

    @cached_property
    def spark(self) -> SparkSession:
        return start_session(self.settings, "ml")

    @property
    def folder(self) -> Path:
        """Where features lie unless the command line names another place."""
        return self.settings.home / "ml" / "features"

    @property
    def zone(self) -> str:
        return self.asked.tz or self.settings.offer_zone

    def source(self) -> Source:
        """The CSV files where both are named, else the archive."""
        files = [self.asked.listens, self.asked.clicks]
        if all(files):
            return CsvSource(self.asked.listens, self.asked.clicks, ZoneInfo(self.zone))
        if any(files):
            raise BadSettings(["--listens and --clicks: want both, or neither for the archive"])
        return ArchiveSource(self.settings.archive, self.transaction)

    def features(self) -> None:
        """`ml features`."""
        folder = self.asked.out or self.folder
        check_folder(folder)
        features = count(self.spark, self.source(), self.zone, self.asked.until)
        write_features(folder, features)
        tell_features(features)
        LOG.info("features written", folder=folder)

    def train(self) -> None:
        """`ml train`."""
        if self.asked.libsvm:
            rows, until, source = read_libsvm(self.asked.libsvm), None, "libsvm"
        else:
            features = read_features(self.asked.features or self.folder)
            rows, until, source = features.rows, features.until, "features"
        self.keep(train(
            self.spark, rows, seed=self.asked.seed, threshold=self.asked.threshold, source=source, until=until))

    def keep(self, trained: Trained) -> ModelVersion:
        """Keep a model and tell of it."""
        with self.transaction() as cursor:
            version, new = keep_model(cursor, trained)
        tell(version=version, sha256=trained.model.sha256)
        tell_metrics(trained.metrics)
        LOG.info("model kept" if new else "the latest version is this model already: nothing was written",
                 version=version)
        return ModelVersion(version, trained, is_current=False)

    def score(self) -> None:
        """`ml score`: by the version asked for, else the current one, else the newest."""
        features = read_features(self.asked.features or self.folder)
        self.check_age(features)
        with self.transaction() as cursor:
            version = (read_version(cursor, self.asked.model) if self.asked.model is not None
                       else current_version(cursor) or latest_version(cursor))
        if version is None:
            raise BadSettings(["no model to score with: run `python -m ml train` first"])
        self.publish(version, features)

    def check_age(self, features: Features) -> None:
        """Old features must not pass for fresh scores."""
        age_s = self._clock.now().timestamp() - features.written_at
        if age_s > self.settings.score_max_age_s:
            raise BadSettings([
                f"the features were counted {age_s / 3600:.0f} hours ago, longer than LAMBDAMETER_SCORE_MAX_AGE_S "
                f"({self.settings.score_max_age_s} s): run `python -m ml features` first"])
        if features.until:
            LOG.warning("scores of features that end at a cut-off", until=features.until.isoformat())

    def publish(self, version: ModelVersion, features: Features) -> None:
        """Every customer's score to Redis, the version made current."""
        check_fit(version, features.rows)
        scored = scores(version, features.rows, self._clock.now().timestamp())
        with closing(connect_redis(self.settings.redis_url or "", PUBLISH_S)) as client:
            published = publish(client, self.transaction, version, scored)
        tell(scored_by_version=version.version, customers=published,
             offers=sum(prediction == "1" for prediction, _ in scored.values()))
        LOG.info("scores published", version=version.version, customers=published)

    def replay(self) -> None:
        """`ml replay`."""
        if self.asked.start >= self.asked.end:
            raise BadSettings(["--from and --to: want a start before the end"])
        with self.transaction() as cursor:
            version = read_version(cursor, self.asked.model)
        reading = ArchiveSource(self.settings.archive, self.transaction).reading(
            COLUMNS, Span(self.asked.start, self.asked.end))
        replayed = replay(self.spark, reading, version.model)
        tell_replayed(replayed)
        self._tell_zones(version, [*replayed.by_version])
        if self.asked.out:
            write_customers(self.asked.out, replayed)
            LOG.info("customers written", file=self.asked.out)

    def _tell_zones(self, version: ModelVersion, archived: list[int]) -> None:
        """Hours of one zone given to a model of another compare two things at once: say so."""
        with self.transaction() as cursor:
            zones = {one: read_version(cursor, one).model.zone for one in archived}
        for one, zone in zones.items():
            if zone != version.model.zone:
                LOG.warning("features of another zone", version=one, zone=zone, wanted=version.model.zone)

    def stop(self) -> None:
        """Stop Spark where it was started."""
        if "spark" in self.__dict__:
            self.spark.stop()
