"""Which day files a day is counted from, and which of their lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from batch_layer.mapreduce.sources import day_files, write_day_files
from metering.arrow.archive import Archive


def test_samples_of_a_day_lie_in_the_file_of_the_day_before_or_in_a_later_one(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("2026-11-22", "2026-11-23", "2026-11-24", "2026-12-03", "notes"):
        (inbox / f"{name}.jsonl").touch()
    (inbox / "2026-11-24.jsonl.part").touch()

    found = day_files(Archive(str(tmp_path)), date(2026, 11, 24))

    assert found == [f"inbox/{name}.jsonl" for name in ("2026-11-23", "2026-11-24", "2026-12-03")]


def test_without_an_inbox_there_are_no_day_files(tmp_path: Path) -> None:
    assert day_files(Archive(str(tmp_path)), date(2026, 11, 24)) == []


def test_every_whole_line_is_numbered_and_what_does_not_end_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a":1}\n\n{"a":2}\r\n{"a":3')
    (tmp_path / "b.jsonl").write_bytes(b'{"b":1}\n')
    lines = tmp_path / "lines"

    assert write_day_files(Archive(str(tmp_path)), ["a.jsonl", "b.jsonl"], lines) == 3
    assert lines.read_bytes().replace(b" ", b"") == b'0\t1\t{"a":1}\n0\t3\t{"a":2}\n1\t1\t{"b":1}\n'
