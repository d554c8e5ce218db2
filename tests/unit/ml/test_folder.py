"""A folder of features is written as a whole, read as it was written, and replaces nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from metering.domain.errors import BadSettings, Damaged
from ml.dataset import dataset
from ml.folder import Features, check_folder, read_features, write_features

UNTIL = datetime(2026, 11, 20, tzinfo=UTC)


def features(share: float = 1 / 3) -> Features:
    return Features(dataset(["a", "b"], ["c1", "c2"], [0, 1], [[share, 0], [1, 0.25]], "Europe/Madrid"), UNTIL)


def test_what_was_written_is_read_in_full_precision(tmp_path: Path) -> None:
    write_features(tmp_path / "f", features())

    found = read_features(tmp_path / "f")

    assert found.rows.values.tolist() == [[1 / 3, 0], [1, 0.25]]
    assert (found.rows.ids, found.rows.zone, found.until) == (("c1", "c2"), "Europe/Madrid", UNTIL)
    assert (tmp_path / "f" / "features.libsvm").read_text() == "0 1:0.33 2:0.00\n1 1:1.00 2:0.25\n"
    assert (tmp_path / "f" / "features.customers").read_text() == "c1\nc2\n"
    assert pq.read_schema(tmp_path / "f" / "features.parquet").names == ["customer_id", "label", "a", "b"]


def test_a_repeat_replaces_the_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_features(tmp_path / "f", features(0.1))
    (tmp_path / "f.unfinished").mkdir()

    write_features(tmp_path / "f", features(0.2))

    assert read_features(tmp_path / "f").rows.values[0, 0] == 0.2
    assert [found.name for found in tmp_path.iterdir()] == ["f"]


def test_a_folder_with_anything_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep")

    with pytest.raises(BadSettings, match="nothing else"):
        write_features(tmp_path, features())
    with pytest.raises(BadSettings):
        check_folder(tmp_path / "precious.txt")

    assert (tmp_path / "precious.txt").read_text() == "keep"


def test_files_of_two_writings_are_damage(tmp_path: Path) -> None:
    write_features(tmp_path / "one", features(0.1))
    write_features(tmp_path / "two", features(0.2))
    (tmp_path / "one" / "features.parquet").replace(tmp_path / "two" / "features.parquet")

    with pytest.raises(Damaged, match="not the one"):
        read_features(tmp_path / "two")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"features":["z"],"zone":"UTC","until":null}'])
def test_a_damaged_description_says_what_to_run_again(tmp_path: Path, content: str) -> None:
    write_features(tmp_path / "f", features())
    (tmp_path / "f" / "features.json").write_text(content)

    with pytest.raises(Damaged, match="ml features"):
        read_features(tmp_path / "f")


def test_no_folder_says_what_to_run_first(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="ml features"):
        read_features(tmp_path / "none")
