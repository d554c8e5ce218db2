"""libSVM lines: a label, then `number:value`, the features numbered from 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from metering.domain.errors import BadSettings
from ml.dataset import Dataset

MOST_NUMBERS = 50_000_000
"""Rows times features that are held at once: 400 MB."""

_LABELS = {0.0: 0, 1.0: 1, -1.0: 0}


def libsvm_lines(features: Dataset) -> Iterator[str]:
    """The compatible form: two decimals, every feature written, also a zero."""
    for label, row in zip(features.labels.tolist(), features.values.tolist(), strict=True):
        yield f"{label} " + " ".join(f"{number}:{value:.2f}" for number, value in enumerate(row, 1))


def read_libsvm(path: Path) -> Dataset:
    """A file as a dataset: features are named by their numbers, rows by theirs from 1; label -1 is 0.

    Raises BadSettings with the line for what is no libSVM file.
    """
    rows = [_row(path, number, line) for number, line in _lines(path)]
    width = max((index for _, cells in rows for index in cells), default=0)
    if not width:
        raise BadSettings([f"{path}: found no row with a feature, want lines such as `1 1:0.25 2:0.50`"])
    if width * len(rows) > MOST_NUMBERS:
        raise BadSettings([f"{path}: {len(rows)} rows of {width} features, want {MOST_NUMBERS} numbers at most"])
    values = np.zeros((len(rows), width))
    for place, (_, cells) in enumerate(rows):
        values[place, [index - 1 for index in cells]] = list(cells.values())
    labels = np.array([label for label, _ in rows], dtype=np.int64)
    return Dataset(_numbers(width), _numbers(len(rows)), labels, values, "")


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(1, count + 1)))


def _lines(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        with path.open(encoding="utf-8") as text:
            for number, line in enumerate(text, 1):
                if words := line.partition("#")[0].split():
                    yield number, words
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: cannot be read ({error})"]) from error


def _row(path: Path, number: int, words: Sequence[str]) -> tuple[int, dict[int, float]]:
    try:
        label = _LABELS[float(words[0])]
        pairs = [word.split(":") for word in words[1:]]
        cells = {int(index): float(value) for index, value in pairs}
    except (KeyError, ValueError):
        raise BadSettings([
            f"{path}:{number}: want a label 0, 1 or -1, then pairs such as 1:0.25; found {' '.join(words)[:80]!r}",
        ]) from None
    if len(cells) != len(pairs) or min(cells, default=1) < 1 or not np.isfinite(list(cells.values())).all():
        raise BadSettings([f"{path}:{number}: want each feature once, numbered from 1, with a finite value"])
    return label, cells
