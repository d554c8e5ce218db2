"""Rows to learn from: a customer, a label, the features; how they are split, and what names their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from metering.domain.offers import canonical

TRAINING_SHARE = 0.7

_HASHES = 2**32


@dataclass(frozen=True)
class Dataset:
    """`ids` in order, `labels` 0 or 1, `values` a row a customer, a column a feature. `zone`: whose hours counted."""

    names: tuple[str, ...]
    ids: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    zone: str

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the canonical content: a line of names and zone, then a line a row."""
        digest = hashlib.sha256(canonical({"features": self.names, "zone": self.zone}).encode() + b"\n")
        for customer, label, row in zip(self.ids, self.labels.tolist(), self.values.tolist(), strict=True):
            digest.update(json.dumps([customer, label, *row], separators=(",", ":")).encode() + b"\n")
        return digest.hexdigest()

    def split(self, seed: int) -> tuple[Dataset, Dataset]:
        """The rows to train with and those to test with. A customer's side depends on the id and the seed alone."""
        chosen = np.array([trains(customer, seed) for customer in self.ids], dtype=bool)
        return self._only(chosen), self._only(~chosen)

    def _only(self, chosen: npt.NDArray[np.bool_]) -> Dataset:
        ids = tuple(customer for customer, kept in zip(self.ids, chosen.tolist(), strict=True) if kept)
        return Dataset(self.names, ids, self.labels[chosen], self.values[chosen], self.zone)

    def features(self) -> list[dict[str, float]]:
        """Each row as name → value."""
        return [dict(zip(self.names, row, strict=True)) for row in self.values.tolist()]


def trains(customer: str, seed: int) -> bool:
    """Whether a customer is trained with: the first 32 bits of SHA-256 of "id:seed" lie below 0.7 · 2^32."""
    digest = hashlib.sha256(f"{customer}:{seed}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < TRAINING_SHARE * _HASHES


def dataset(
    names: Sequence[str], ids: Sequence[str], labels: Sequence[int], rows: Sequence[Sequence[float]], zone: str
) -> Dataset:
    """A dataset of plain lists."""
    values = np.array(rows, dtype=np.float64).reshape(len(ids), len(names))
    return Dataset(tuple(names), tuple(ids), np.array(labels, dtype=np.int64), values, zone)
