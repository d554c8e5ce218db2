"""A listed file is read only if it is what the manifest says, to the byte where that is asked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.arrow.archive import Archive
from metering.arrow.listed import DamagedFile, FileToRead, look_at, read_file

ROWS = pa.table({"id": [f"u{number}" for number in range(2_000)], "bytes": list(range(2_000))})
NAME = "hour=21/a.parquet"


@pytest.fixture
def listed(tmp_path: Path) -> FileToRead:
    """A written file as the manifest lists it."""
    file = tmp_path / NAME
    file.parent.mkdir()
    pq.write_table(ROWS, file, compression="zstd", use_dictionary=False)
    content = file.read_bytes()
    return FileToRead(NAME, ROWS.num_rows, len(content), sha256=hashlib.sha256(content).hexdigest())


def without_digest(file: FileToRead) -> FileToRead:
    return FileToRead(file.path, file.rows, file.size)


def flip_a_bit_of_a_value(file: Path) -> None:
    """In the plain numbers of a column: what comes of it is a number again. Not its least or most, which lie twice."""
    content = bytearray(file.read_bytes())
    place = content.index((1_000).to_bytes(8, "little"))
    content[place] ^= 4
    file.write_bytes(content)


def test_a_whole_file_is_read_with_its_digest_and_without_and_of_the_columns_that_are_wanted(
    tmp_path: Path, listed: FileToRead
) -> None:
    archive = Archive(str(tmp_path))

    assert read_file(archive, ROWS.schema, listed) == read_file(archive, ROWS.schema, without_digest(listed)) == ROWS
    assert read_file(archive, pa.schema([ROWS.schema.field("id")]), listed) == ROWS.select(["id"])
    look_at(archive, listed)
    look_at(archive, without_digest(listed))


def test_a_changed_value_that_parquet_reads_is_found_by_the_digest_alone(tmp_path: Path, listed: FileToRead) -> None:
    archive = Archive(str(tmp_path))
    plain = ROWS.select(["bytes"])
    file = tmp_path / NAME
    pq.write_table(plain, file, compression="none", use_dictionary=False)
    content = file.read_bytes()
    listed = FileToRead(NAME, ROWS.num_rows, len(content), sha256=hashlib.sha256(content).hexdigest())
    flip_a_bit_of_a_value(file)

    changed = read_file(archive, plain.schema, without_digest(listed))
    assert changed != plain and changed.num_rows == plain.num_rows
    look_at(archive, without_digest(listed))

    for refuse in (lambda: read_file(archive, plain.schema, listed), lambda: look_at(archive, listed)):
        with pytest.raises(DamagedFile, match=f"{NAME}: want SHA-256 {listed.sha256}, found"):
            refuse()


@pytest.mark.parametrize("look", ["read", "look", "look at every byte"])
def test_a_missing_a_cut_and_a_foreign_file_are_named_with_what_was_found(
    tmp_path: Path, listed: FileToRead, look: str
) -> None:
    archive = Archive(str(tmp_path))
    file = tmp_path / NAME

    def see(of: FileToRead) -> None:
        if look == "read":
            read_file(archive, ROWS.schema, of)
        else:
            look_at(archive, of if look == "look at every byte" else without_digest(of))

    def refused(of: FileToRead = listed) -> str:
        with pytest.raises(DamagedFile) as told:
            see(of)
        return str(told.value)

    fewer = FileToRead(NAME, 1_999, listed.size, sha256=listed.sha256)
    if look != "look at every byte":
        assert refused(fewer) == f"{NAME}: want 1999 rows, found 2000"
    content = file.read_bytes()
    file.write_bytes(content[:100])
    assert refused() == f"{NAME}: want {listed.size} bytes, found 100"
    file.write_bytes(bytes(listed.size))
    assert refused().startswith(f"{NAME}: ")
    file.unlink()
    assert refused() == f"{NAME}: want {listed.size} bytes, found no file"
