"""The archive's decisions through another model: what it would have decided otherwise. Nothing is published."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from metering.domain.offers import Damage, Model, Reason, predicted, probability
from ml.archive_rows import Reading, archived, without_faults
from ml.features import FAULTS

COLUMNS = ("customer_id", "timestamp", "reason", "send_event", "model_version", "features")

_DDL = (
    "customer_id string, reason string, send_event bigint, model_version bigint, other bigint, "
    "damage string, away string")
_NAMES = ("customer_id", "reason", "send_event", "model_version", "other", *FAULTS)


@dataclass
class Replayed:
    """`plays`: distinct plays read; `undecided`: of those without a decision then, by reason; `unreadable`: decided
    then, with features that the other model cannot take. `to_1` and `to_0`: by customer, plays that change."""

    plays: int = 0
    decided: int = 0
    unreadable: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    by_version: Counter[int] = field(default_factory=Counter)
    to_1: Counter[str] = field(default_factory=Counter)
    to_0: Counter[str] = field(default_factory=Counter)

    @property
    def customers(self) -> list[str]:
        """Those for whom something changes, in order."""
        return sorted(self.to_1.keys() | self.to_0.keys())


def replay(session: SparkSession, reading: Reading, model: Model) -> Replayed:
    """Ask `model` about every decided play of `reading`, by the features that the play was archived with."""
    plays = archived(session, reading).mapInArrow(Asking(model.content), _DDL)
    counted = without_faults(_counted(plays).toArrow())
    replayed = Replayed()
    for row in counted.to_pylist():
        _add(replayed, row, row["plays"])
    return replayed


@dataclass(frozen=True)
class Asking:
    """The task: adds `other`, what the model decides; NULL where there was no decision, or none is possible."""

    model_json: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        ask = _asker(Model.from_json(self.model_json))
        for batch in batches:
            pairs = zip(batch["reason"].to_pylist(), batch["features"].to_pylist(), strict=True)
            other = [ask(features) if reason == Reason.SCORED.value else None for reason, features in pairs]
            columns = {name: batch[name] for name in _NAMES if name != "other"} | {"other": pa.array(other, pa.int64())}
            yield pa.RecordBatch.from_arrays([columns[name] for name in _NAMES], names=list(_NAMES))


def _asker(model: Model) -> Callable[[str | None], int | None]:
    # A customer's plays between two scoring runs all carry the same features.
    @lru_cache(maxsize=100_000)
    def ask(features: str | None) -> int | None:
        try:
            return predicted(model, probability(model, json.loads(features or "")))
        except (Damage, TypeError, ValueError):
            return None

    return ask


def _counted(plays: DataFrame) -> DataFrame:
    """Plays by decision; by customer where the decision changes."""
    changed = F.when(F.col("send_event") != F.col("other"), F.col("customer_id")).alias("customer_id")
    return plays.groupBy(changed, "reason", "send_event", "model_version", "other").agg(
        F.count_if(F.col("damage").isNull() & F.col("away").isNull()).alias("plays"),
        *(F.max(name).alias(name) for name in FAULTS))


def _add(replayed: Replayed, row: Mapping[str, object], plays: object) -> None:
    assert isinstance(plays, int)
    replayed.plays += plays
    if row["reason"] != Reason.SCORED.value:
        replayed.undecided[str(row["reason"])] += plays
        return
    replayed.decided += plays
    replayed.by_version[int(str(row["model_version"]))] += plays
    if row["other"] is None:
        replayed.unreadable += plays
    elif row["other"] != row["send_event"]:
        (replayed.to_1 if row["other"] else replayed.to_0)[str(row["customer_id"])] += plays


def write_customers(path: Path, replayed: Replayed) -> None:
    """A CSV line a customer for whom something changes: plays that would become 1, plays that would become 0."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["customer_id", "to_1", "to_0"])
        writer.writerows([one, replayed.to_1[one], replayed.to_0[one]] for one in replayed.customers)
    unfinished.replace(path)
