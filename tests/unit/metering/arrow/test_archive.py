"""The archive on a local disk, and what a root may be."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from metering.arrow.append import open_for_append
from metering.arrow.archive import Archive
from metering.domain.errors import BadSettings
from tests.lib.archive_contract import DAY, ArchiveContract, content


class TestOnLocalDisk(ArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        return Archive(str(tmp_path))

    def tear(self, archive: Archive, path: str, piece: bytes) -> None:
        with Path(archive.full(path)).open("ab") as file:
            file.write(piece)


def test_an_append_that_failed_can_be_made_again(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    file = open_for_append(archive, DAY)
    file.append(b"one\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (7, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.append(b"two, too long for the disk\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    file.append(b"two again\n")

    assert content(archive, DAY) == b"one\ntwo\ntwo again\n"


def test_files_do_not_grow_on_a_storage_that_cannot_append() -> None:
    with pytest.raises(BadSettings, match=r"mock:.*want a local path or hdfs://"):
        open_for_append(Archive("mock:///archive"), DAY)


@pytest.mark.parametrize(
    "root",
    ["hdfs://", "hdfs:///archive", "hdfs://host:port/archive", "hdfs://host:99999/archive",
     "hdfs://someone@host:8020/archive", "hdfs://host:8020/archive?replication=1", "hdfs://host:8020/a#b"],
)
def test_a_root_that_hdfs_cannot_be_asked_for_is_refused_with_what_is_wanted(root: str) -> None:
    with pytest.raises(BadSettings, match=r"want hdfs://HOST:PORT/path"):
        Archive(root)


def test_a_root_on_hdfs_is_not_asked_before_it_is_used() -> None:
    archive = Archive("hdfs://127.0.0.1:1/some/where")

    assert not archive.is_local
    assert archive.full("devices/p0.parquet") == "/some/where/devices/p0.parquet"


def test_without_its_packages_hdfs_names_what_to_install_and_a_disk_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "metering.arrow.hdfs", raising=False)
    monkeypatch.setitem(sys.modules, "hdfs_native", None)

    assert Archive(str(tmp_path)).is_local
    with pytest.raises(BadSettings, match=r"pip install lambdameter\[hdfs\]"):
        Archive("hdfs://127.0.0.1:8020/archive")
