"""The daily run: features, training, comparison, scoring."""

from __future__ import annotations

import argparse

from metering.settings import Settings
from metering.store.locked_session import LockedSession, LockHeld
from metering.store.models import ModelVersion, current_version
from metering.telemetry import Log
from ml.command import Command
from ml.count import count
from ml.dataset import Dataset
from ml.folder import check_folder, write_features
from ml.measures import log_loss, probabilities
from ml.score import misfit
from ml.told import tell, tell_features
from ml.train import NothingToLearn, train

LOG = Log("ml")


def run(settings: Settings, asked: argparse.Namespace) -> None:
    """One run alone; a second one at the same time says so and leaves."""
    try:
        session = LockedSession(settings.database_url, "ml", "ml")
    except LockHeld:
        LOG.info("another run of ml is at work; this one leaves")
        return
    with session:
        command = Command(settings, asked, session.transaction)
        try:
            _run(command)
        finally:
            command.stop()


def _run(command: Command) -> None:
    """Scores are published whatever becomes of the training, since scores that grow old end all decisions."""
    folder = command.asked.out or command.folder
    check_folder(folder)
    source = command.source()
    features = count(command.spark, source, command.zone, None)
    write_features(folder, features)
    tell_features(features)
    with command.transaction() as cursor:
        current = current_version(cursor)
    command.publish(_chosen(command, current, features.rows), features)


def _chosen(command: Command, current: ModelVersion | None, rows: Dataset) -> ModelVersion:
    asked = command.asked
    if asked.until:
        rows = count(command.spark, command.source(), command.zone, asked.until).rows
    try:
        trained = train(
            command.spark, rows, seed=asked.seed, threshold=asked.threshold, source="features", until=asked.until)
    except NothingToLearn as nothing:
        if current is None or misfit(current, rows):
            raise
        LOG.warning("nothing to train with: the current model scores again", why=nothing, version=current.version)
        return current
    return better(command.keep(trained), current, rows.split(asked.seed)[1])


def better(candidate: ModelVersion, current: ModelVersion | None, test: Dataset) -> ModelVersion:
    """The candidate, unless the current model's log-loss on the same rows is smaller."""
    if current is None or current.version == candidate.version:
        return candidate
    if why := misfit(current, test):
        LOG.warning("the current model cannot be compared and is replaced", version=current.version, why=why)
        return candidate
    old, new = (log_loss(test.labels.tolist(), probabilities(one.model, test)) for one in (current, candidate))
    chosen = candidate if new <= old else current
    tell(log_loss_of_current=old, log_loss_of_new=new)
    LOG.info("the new model is not worse and decides from now on" if chosen is candidate else
             "the new model is worse: the current one stays and scores again", version=chosen.version)
    return chosen
