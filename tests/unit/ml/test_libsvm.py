"""libSVM files: the form written, and what is read and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.domain.errors import BadSettings
from ml.dataset import dataset
from ml.libsvm import libsvm_lines, read_libsvm


def test_features_are_numbered_from_1_with_two_decimals_and_zeros_written() -> None:
    rows = dataset(["a", "b", "c"], ["x", "y"], [0, 1], [[0.25, 0, 1 / 3], [1, 0.125, 0.999]], "UTC")

    assert list(libsvm_lines(rows)) == ["0 1:0.25 2:0.00 3:0.33", "1 1:1.00 2:0.12 3:1.00"]


def test_any_libsvm_file_is_read_with_its_row_numbers_for_ids(tmp_path: Path) -> None:
    file = tmp_path / "rows.libsvm"
    file.write_text("+1 3:0.5 # a comment\n\n-1 1:2e-3\n0.0 2:-1\n")

    rows = read_libsvm(file)

    assert (rows.names, rows.ids, rows.labels.tolist()) == (("1", "2", "3"), ("1", "2", "3"), [1, 0, 0])
    assert rows.values.tolist() == [[0, 0, 0.5], [0.002, 0, 0], [0, -1, 0]]


@pytest.mark.parametrize("line", [
    "2 1:0.5", "1 0:0.5", "1 1:a", "one 1:1", "1 1:1 1:2", "1 1", "1 1:nan", "1 1:1:1", "1 x:1", "1 -1:2"])
def test_what_is_no_row_is_told_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rows.libsvm"
    file.write_text(f"0 1:1\n{line}\n")

    with pytest.raises(BadSettings, match=r"rows\.libsvm:2: want"):
        read_libsvm(file)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"1\n0\n", b"\xff\xfe1"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rows.libsvm"
    file.write_bytes(content)

    with pytest.raises(BadSettings):
        read_libsvm(file)


def test_a_row_number_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "rows.libsvm"
    file.write_text("1 1000000000:1\n")

    with pytest.raises(BadSettings, match="numbers at most"):
        read_libsvm(file)
