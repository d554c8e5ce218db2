"""The names of our keys. A customer's record lies under the bare customer id."""

from __future__ import annotations

INDEX = "pred_event:index"
OFFERED = "1_day_event_users"
CURSOR = f"{OFFERED}:cursor"

_PREDICTION, _SCORE, _MODEL = "pred_event:", "score:", "model:"
_INDEX_ID = INDEX.removeprefix(_PREDICTION)

MODELS = f"{_MODEL}*"
"""The pattern of all models' keys."""


def prediction_key(customer: str) -> str:
    return f"{_PREDICTION}{customer}"


def score_key(customer: str) -> str:
    return f"{_SCORE}{customer}"


def model_key(version: int) -> str:
    return f"{_MODEL}{version}"


def model_version(key: str) -> int | None:
    """The version in a model's key; None for any other key."""
    version = key.removeprefix(_MODEL)
    return int(version) if key.startswith(_MODEL) and version.isascii() and version.isdecimal() else None


def is_reserved(customer: str) -> bool:
    """Whether a customer of this id would have a key that is ours: its record, or its prediction, the index.

    >>> is_reserved("score:7"), is_reserved("index"), is_reserved("c7")
    (True, True, False)
    """
    return customer == _INDEX_ID or customer.startswith((OFFERED, _PREDICTION, _SCORE, _MODEL))
