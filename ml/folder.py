"""A folder of features: four files that belong together, written as a whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from metering.domain.errors import BadSettings, Damaged
from metering.domain.offers import canonical
from ml.dataset import Dataset, dataset
from ml.libsvm import libsvm_lines

LIBSVM, CUSTOMERS, PARQUET, ABOUT = (f"features.{ending}" for ending in ("libsvm", "customers", "parquet", "json"))


@dataclass(frozen=True)
class Features:
    """A dataset with the cut-off it was counted to (None: all), and when its folder was written (epoch seconds)."""

    rows: Dataset
    until: datetime | None
    written_at: float = 0.0

    @property
    def about(self) -> dict[str, Any]:
        return {
            "features": self.rows.names, "zone": self.rows.zone, "rows": len(self.rows.ids),
            "until": self.until and self.until.isoformat(), "fingerprint": self.rows.fingerprint,
        }


def check_folder(folder: Path) -> None:
    """Raise BadSettings where something else than features would be replaced."""
    if not folder.exists():
        return
    if not folder.is_dir() or {found.name for found in folder.iterdir()} - {LIBSVM, CUSTOMERS, PARQUET, ABOUT}:
        raise BadSettings([f"--out {str(folder)!r}: want a new folder, or one that holds features and nothing else"])


def write_features(folder: Path, features: Features) -> None:
    """Write all four files under another name, then put them in the folder's place. A repeat gives the same bytes."""
    check_folder(folder)
    unfinished, before = (folder.with_name(f"{folder.name}.{word}") for word in ("unfinished", "before"))
    for left in (unfinished, before):
        shutil.rmtree(left, ignore_errors=True)
    unfinished.mkdir(parents=True)
    rows = features.rows
    _write_lines(unfinished / LIBSVM, libsvm_lines(rows))
    _write_lines(unfinished / CUSTOMERS, rows.ids)
    pq.write_table(_table(rows), unfinished / PARQUET, compression="zstd")
    _write_lines(unfinished / ABOUT, [canonical(features.about)])
    if folder.exists():
        folder.rename(before)
    unfinished.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def read_features(folder: Path) -> Features:
    """What `write_features` wrote. Raises BadSettings where there is none, Damaged where the files disagree."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        table = pq.read_table(folder / PARQUET, partitioning=None)
    except FileNotFoundError as error:
        raise BadSettings([f"{folder}: no features here: run `python -m ml features` first"]) from error
    except (OSError, ValueError) as error:
        raise Damaged(f"{folder}: cannot be read ({error}): run `python -m ml features` again") from error
    try:
        rows = _dataset(about, table)
        until = about["until"] and datetime.fromisoformat(about["until"])
        fingerprint = about["fingerprint"]
    except (KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise Damaged(f"{folder}: not as written ({error!r}): run `python -m ml features` again") from error
    if rows.fingerprint != fingerprint:
        raise Damaged(f"{folder}: {PARQUET} is not the one that {ABOUT} tells of: run `python -m ml features` again")
    return Features(rows, until, (folder / ABOUT).stat().st_mtime)


def _table(rows: Dataset) -> pa.Table:
    columns = {name: rows.values[:, place] for place, name in enumerate(rows.names)}
    return pa.table({"customer_id": pa.array(rows.ids, pa.string()), "label": rows.labels, **columns})


def _dataset(about: Mapping[str, Any], table: pa.Table) -> Dataset:
    names = tuple(about["features"])
    by_row = list(zip(*(table[name].to_pylist() for name in names), strict=True))
    return dataset(names, table["customer_id"].to_pylist(), table["label"].to_pylist(), by_row, about["zone"])


def _write_lines(path: Path, lines: Any) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as text:
        text.writelines(f"{line}\n" for line in lines)
