"""Every metric: its name, kind, unit, labels and meaning. Nothing else names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MetricName = Literal[
    "lambdameter_lag_messages",
    "lambdameter_committed_messages",
    "lambdameter_rows",
    "lambdameter_dead_letters",
    "lambdameter_gap_messages",
    "lambdameter_hours",
    "lambdameter_last_slice_age_seconds",
    "lambdameter_last_batch_run_age_seconds",
    "lambdameter_last_proof_ok",
]


@dataclass(frozen=True)
class Metric:
    """One family. The kind is gauge where a value may fall, counter where it only grows."""

    name: MetricName
    kind: Literal["gauge", "counter"]
    unit: str
    labels: tuple[str, ...]
    meaning: str


METRICS = (
    Metric("lambdameter_lag_messages", "gauge", "messages", ("topic", "partition"),
           "messages in Kafka, as last seen, that are not committed yet"),
    Metric("lambdameter_committed_messages", "counter", "messages", ("topic", "partition"),
           "messages accounted for: stored, rejected or recorded as a gap"),
    Metric("lambdameter_rows", "gauge", "rows", ("topic", "table"),
           "rows of a table, as PostgreSQL estimates them; no topic: it holds rows of every stream"),
    Metric("lambdameter_dead_letters", "gauge", "messages", ("topic", "reason", "state"), "messages not counted"),
    Metric("lambdameter_gap_messages", "counter", "messages", ("topic", "partition"),
           "offsets that were never seen"),
    Metric("lambdameter_hours", "gauge", "hours", ("topic", "state"),
           "published hours that are final or provisional; failed: the last try did not publish"),
    Metric("lambdameter_last_slice_age_seconds", "gauge", "seconds", ("topic",), "since the last committed slice"),
    Metric("lambdameter_last_batch_run_age_seconds", "gauge", "seconds", ("topic",),
           "since the last batch run ended"),
    Metric("lambdameter_last_proof_ok", "gauge", "", ("topic",),
           "1 when every proof of the latest run that made any holds"),
)
