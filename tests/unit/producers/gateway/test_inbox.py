"""The inbox: day files that hold what was answered ok, and the cursor of what is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.arrow.archive import Archive
from producers.gateway.inbox import Inbox
from tests.unit.producers.gateway.failing_disk import FailingDisk, kept

DAY = "2026-11-24"
MOST = 1_000_000


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FailingDisk:
    return FailingDisk(monkeypatch)


@pytest.mark.parametrize("room", [0, 1, 2, 5, 7])
def test_lines_of_a_failed_append_are_gone_since_their_senders_were_told_so(
    tmp_path: Path, disk: FailingDisk, room: int
) -> None:
    inbox = Inbox(Archive(str(tmp_path)))
    inbox.append(DAY, b"1\n2\n")

    disk.room = room
    with pytest.raises(OSError, match="No space"):
        inbox.append(DAY, b"3\n4\n5\n6\n")
    assert inbox.read(DAY, 0, MOST) == b"1\n2\n"
    disk.room = None
    inbox.append(DAY, b"7\n")

    assert kept(tmp_path, DAY).replace(b"\n\n", b"\n") == b"1\n2\n7\n" == inbox.read(DAY, 0, MOST)


def test_what_another_gateway_wrote_meanwhile_is_not_cut_off(tmp_path: Path, disk: FailingDisk) -> None:
    inbox, other = Inbox(Archive(str(tmp_path))), Inbox(Archive(str(tmp_path)))
    inbox.append(DAY, b"1\n")
    other.append(DAY, b"other\n")

    disk.room = 2
    with pytest.raises(OSError, match="No space"):
        inbox.append(DAY, b"2\n3\n")

    assert kept(tmp_path, DAY).startswith(b"1\nother\n")


def test_a_first_append_that_fails_leaves_nothing_either(tmp_path: Path, disk: FailingDisk) -> None:
    inbox = Inbox(Archive(str(tmp_path)))

    disk.room = 4
    with pytest.raises(OSError, match="No space"):
        inbox.append(DAY, b"1\n2\n3\n")

    assert inbox.read(DAY, 0, MOST) == b""


def test_a_torn_last_line_of_a_crash_is_not_read_and_the_next_line_stands_alone(tmp_path: Path) -> None:
    Inbox(Archive(str(tmp_path))).append(DAY, b'{"a":1}\n')
    with (tmp_path / "inbox" / f"{DAY}.jsonl").open("ab") as file:
        file.write(b'{"a":2')

    after = Inbox(Archive(str(tmp_path)))
    assert after.read(DAY, 0, MOST) == b'{"a":1}\n'
    after.append(DAY, b'{"a":3}\n')

    assert after.read(DAY, 0, MOST).split(b"\n") == [b'{"a":1}', b'{"a":2', b'{"a":3}', b""]


def test_the_cursor_is_found_again_and_0_where_there_is_none_or_none_that_can_be_read(tmp_path: Path) -> None:
    inbox = Inbox(Archive(str(tmp_path)))
    inbox.append(DAY, b"1\n2\n")
    assert inbox.published(DAY) == 0

    inbox.note_published(DAY, 2, b"1\n")
    inbox.note_published(DAY, 4, b"2\n")
    assert Inbox(Archive(str(tmp_path))).published(DAY) == 4
    assert not list(tmp_path.rglob("*.part"))

    next((tmp_path / "inbox").glob("*.published")).write_text("")
    assert Inbox(Archive(str(tmp_path))).published(DAY) == 0


@pytest.mark.parametrize("noted", ["", "4", "4\n", "4\n9\n", "400\n2\n", "2\n2\n", "x\n2\n", "\n", "-4\n2\n"])
def test_a_cursor_that_is_torn_or_of_another_file_counts_for_nothing(tmp_path: Path, noted: str) -> None:
    inbox = Inbox(Archive(str(tmp_path)))
    inbox.append(DAY, b"1\n2\n3\n")
    cursor = tmp_path / "inbox" / f"{DAY}.published"

    cursor.write_text("4\n2\n")
    assert inbox.published(DAY) == 4
    cursor.write_text(noted)
    assert inbox.published(DAY) == 0


def test_rubbish_without_an_end_of_line_does_not_hide_what_follows(tmp_path: Path) -> None:
    Inbox(Archive(str(tmp_path))).append(DAY, b"1\n")
    with (tmp_path / "inbox" / f"{DAY}.jsonl").open("ab") as file:
        file.write(b"\0" * 1_000)

    inbox = Inbox(Archive(str(tmp_path)))
    assert inbox.read(DAY, 2, 10) == b""
    inbox.append(DAY, b"2\n")

    assert inbox.read(DAY, 2, 10) == b"\0" * 1_000 + b"\n2\n"


def test_reading_gives_whole_lines_only_and_in_pieces(tmp_path: Path) -> None:
    inbox = Inbox(Archive(str(tmp_path)))
    inbox.append(DAY, b"one\ntwo\nthree\n")

    assert inbox.read(DAY, 0, 6) == b"one\n"
    assert inbox.read(DAY, 4, MOST) == b"two\nthree\n"
    assert inbox.read(DAY, 14, MOST) == b""


def test_days_are_listed_in_order_and_other_files_are_not(tmp_path: Path) -> None:
    inbox = Inbox(Archive(str(tmp_path)))
    for day in ("2026-12-01", "2026-11-30"):
        inbox.append(day, b"1\n")
    (tmp_path / "inbox" / "notes.jsonl").touch()

    assert list(inbox.days().items()) == [("2026-11-30", 2), ("2026-12-01", 2)]
    inbox.remove("2026-11-30")
    assert list(inbox.days()) == ["2026-12-01"]
