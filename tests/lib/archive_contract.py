"""What every place of an archive must do; run on a local disk and on HDFS."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metering.arrow.append import open_for_append
from metering.arrow.archive import Archive
from metering.arrow.files import FileWriter

ROWS = pa.table({"number": list(range(1000))})
DAY = "inbox/2026-11-24.jsonl"


def write(archive: Archive, path: str, rows: pa.Table = ROWS) -> int:
    """A finished file; gives its size."""
    writer = FileWriter(archive, rows.schema, path)
    writer.write(rows)
    return writer.finish()[0]


def numbers(archive: Archive, path: str) -> list[int]:
    table = pq.read_table(archive.full(path), filesystem=archive.files, partitioning=None)
    return [int(number) for number in table["number"].to_pylist()]


def content(archive: Archive, path: str) -> bytes:
    with archive.files.open_input_stream(archive.full(path)) as file:
        return bytes(file.read())


def names(archive: Archive, folder: str) -> set[str]:
    return {archive.relative(found) for found in archive.list(folder)}


class ArchiveContract:
    """Subclasses give the fixture `archive`, an empty one, and `tear`."""

    def tear(self, archive: Archive, path: str, piece: bytes) -> None:
        """Put `piece` at the end of a growing file as a writer does that is killed in the midst of an append."""
        raise NotImplementedError

    def test_a_file_has_its_name_when_it_is_whole_and_not_before(self, archive: Archive) -> None:
        writer = FileWriter(archive, ROWS.schema, "devices/hour=21/p0.parquet")
        writer.write(ROWS)
        before = archive.size("devices/hour=21/p0.parquet")

        size, _ = writer.finish()

        assert before is None
        assert archive.size("devices/hour=21/p0.parquet") == size
        assert numbers(archive, "devices/hour=21/p0.parquet") == list(range(1000))
        assert names(archive, "devices") == {"devices/hour=21/p0.parquet"}

    def test_a_file_that_is_abandoned_leaves_nothing(self, archive: Archive) -> None:
        writer = FileWriter(archive, ROWS.schema, "devices/p0.parquet")
        writer.write(ROWS)

        writer.abandon()

        assert names(archive, "devices") == set()

    def test_a_file_takes_the_place_of_one_of_its_name(self, archive: Archive) -> None:
        write(archive, "views/view.parquet")

        size = write(archive, "views/view.parquet", ROWS.slice(0, 3))

        assert numbers(archive, "views/view.parquet") == [0, 1, 2]
        assert archive.size("views/view.parquet") == size

    def test_what_is_absent_or_a_folder_has_no_size(self, archive: Archive) -> None:
        write(archive, "devices/p0.parquet")

        assert archive.size("devices") is None
        assert archive.size("devices/other.parquet") is None
        assert archive.size("nothing/at/all") is None

    def test_a_list_goes_down_all_folders_with_sizes_and_times_in_utc(self, archive: Archive) -> None:
        sizes = {path: write(archive, path) for path in ("devices/a/p0.parquet", "devices/b/c/p1.parquet")}
        write(archive, "others/p2.parquet")

        found = list(archive.list("devices"))

        assert {archive.relative(one): one.size for one in found} == sizes
        assert all(abs(one.mtime - datetime.now(UTC)) < timedelta(minutes=5) for one in found)
        assert list(archive.list("absent")) == []

    def test_removing_a_file_or_folder_twice_is_fine(self, archive: Archive) -> None:
        write(archive, "devices/a/p0.parquet")
        write(archive, "devices/p1.parquet")

        for _ in range(2):
            archive.remove("devices/p1.parquet")
            archive.remove_folder("devices/a")

        assert names(archive, "devices") == set()

    def test_a_file_that_is_absent_says_so(self, archive: Archive) -> None:
        with pytest.raises(FileNotFoundError):
            content(archive, "devices/absent.parquet")

    def test_a_growing_file_begins_empty_with_its_folders(self, archive: Archive) -> None:
        open_for_append(archive, DAY).close()

        assert archive.size(DAY) == 0
        assert content(archive, DAY) == b""

    def test_each_append_can_be_read_when_it_returns(self, archive: Archive) -> None:
        file = open_for_append(archive, DAY)

        for count in range(1, 4):
            assert file.append(b"a line\n") == 7 * count
            assert archive.size(DAY) == 7 * count
            assert content(archive, DAY) == b"a line\n" * count
        file.close()

    def test_it_grows_on_across_closing_and_opening_again(self, archive: Archive) -> None:
        for line in (b"one\n", b"two\nthree\n"):
            file = open_for_append(archive, DAY)
            file.append(line)
            file.close()
            file.close()

        assert content(archive, DAY) == b"one\ntwo\nthree\n"

    def test_a_torn_line_is_ended_and_stands_alone(self, archive: Archive) -> None:
        file = open_for_append(archive, DAY)
        file.append(b"acknowledged\n")
        file.close()
        self.tear(archive, DAY, b'{"torn": ')

        again = open_for_append(archive, DAY)
        size = again.append(b"next\n")

        assert content(archive, DAY) == b'acknowledged\n{"torn": \nnext\n'
        assert size == archive.size(DAY)
        again.close()

    def test_who_reads_while_it_grows_sees_all_that_was_acknowledged_before(self, archive: Archive) -> None:
        file = open_for_append(archive, DAY)
        acknowledged = [file.append(b'{"number": 0}\n')]
        enough = threading.Event()

        def grow() -> None:
            while not enough.is_set():
                acknowledged.append(file.append(b'{"number": %d}\n' % len(acknowledged)))

        growing = threading.Thread(target=grow)
        growing.start()
        try:
            for _ in range(10):
                durable = acknowledged[-1]
                read = content(archive, DAY)
                assert len(read) >= durable
                assert [json.loads(line)["number"] for line in read[:durable].splitlines()] == list(
                    range(read[:durable].count(b"\n")))
        finally:
            enough.set()
            growing.join(60)
        assert not growing.is_alive()
