"""What the commands print on standard output: a line a number."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ml.folder import Features
from ml.replay import Replayed

_MEASURES = (
    "all", "training", "test", "positives", "error", "majority_error", "precision", "recall", "log_loss", "auc")
_SHOWN = 20


def tell(**facts: object) -> None:
    """Print facts one a line, their names in words."""
    for name, value in facts.items():
        text = f"{value:.6f}" if isinstance(value, float) else "none" if value is None else str(value)
        print(f"{name.replace('_', ' '):<20}{text}")
    sys.stdout.flush()


def tell_features(features: Features) -> None:
    rows = features.rows
    tell(customers=len(rows.ids), clickers=int(rows.labels.sum()), features=", ".join(rows.names), zone=rows.zone,
         until=features.until and features.until.isoformat(), fingerprint=rows.fingerprint)


def tell_metrics(metrics: Mapping[str, Any]) -> None:
    tell(**{name: metrics[name] for name in _MEASURES})


def tell_replayed(replayed: Replayed) -> None:
    """The sums, then the first customers for whom something changes."""
    to_1, to_0 = sum(replayed.to_1.values()), sum(replayed.to_0.values())
    versions = ", ".join(f"{version}: {plays}" for version, plays in sorted(replayed.by_version.items()))
    tell(plays=replayed.plays, decided=replayed.decided, by_model_version=versions or None,
         not_comparable=replayed.unreadable, changed=to_1 + to_0, from_0_to_1=to_1, from_1_to_0=to_0,
         customers=len(replayed.customers))
    for reason, plays in sorted(replayed.undecided.items()):
        tell(**{f"undecided_{reason}": plays})
    for customer in replayed.customers[:_SHOWN]:
        print(f"  {customer}  to 1: {replayed.to_1[customer]}  to 0: {replayed.to_0[customer]}")
    if len(replayed.customers) > _SHOWN:
        print(f"  and {len(replayed.customers) - _SHOWN} more: see --out FILE")
