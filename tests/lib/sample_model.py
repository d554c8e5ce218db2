"""A current version of the model, as `ml train` keeps one."""

from __future__ import annotations

import json

from psycopg2.extensions import connection as Connection

COEFFICIENT = -2.5
BINS = [
    {"from": n / 10, "to": (n + 1) / 10, "customers": n, "probability": (n + 0.5) / 10 if n else None,
     "clicked": n / 10 if n else None} for n in range(10)]  # fmt: skip


def insert_model(connection: Connection) -> None:
    """Version 3, current; committed."""
    content = {"features": ["night"], "coefficients": [COEFFICIENT], "intercept": 0.1, "threshold": 0.5, "zone": "UTC"}
    metrics = {
        "train": 700, "test": 300, "error": 0.0121, "majority_error": 0.0383, "precision": None, "recall": 0.86,
        "log_loss": 0.0274, "auc": 0.9968, "calibration": BINS}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO model_version (version, coefficients, sha256, fingerprint, parameters, metrics, is_current) "
            "VALUES (3, %s, '', '', '{}', %s, TRUE)", (json.dumps(content), json.dumps(metrics)))
    connection.commit()
