"""When a drill has passed, and when it may be left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drills.record import Record, commit, passed_before


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record("kills", "1", 7, short=False, folder=tmp_path, commit="a1")


def test_a_drill_that_was_judged_and_held_passed(record: Record) -> None:
    record.note("lag 0", {"lag": 0}, True)
    record.judged = True

    assert record.passed


@pytest.mark.parametrize(
    ("judged", "fault", "holds"), [(False, "", True), (True, "Traceback", True), (True, "", False)])
def test_one_that_was_not_judged_or_ended_early_or_did_not_hold_failed(
    record: Record, judged: bool, fault: str, holds: bool
) -> None:
    record.note("lag 0", {}, holds)
    record.judged, record.fault = judged, fault

    assert not record.passed


def test_what_is_written_tells_every_line_and_what_failed(record: Record) -> None:
    record.note("killed", {"kill": 3})
    record.note("lag 0", {"lag": 9}, False)
    record.write()

    kept = json.loads(record.path.read_text(encoding="utf-8"))
    assert [(line["what"], line["numbers"], line["holds"]) for line in kept["lines"]] == [
        ("killed", {"kill": 3}, None), ("lag 0", {"lag": 9}, False)]
    assert (kept["passed"], kept["seed"], kept["commit"]) == (False, 7, "a1")


@pytest.mark.parametrize(("now_at", "again"), [("a1", True), ("b2", False), ("a1-dirty", False), ("", False)])
def test_only_what_passed_at_the_very_commit_is_left_out(record: Record, now_at: str, again: bool) -> None:
    record.judged = True
    record.write()

    assert passed_before(Record("kills", "1", 7, short=False, folder=record.folder, commit=now_at)) == again


def test_the_short_form_does_not_stand_for_the_long_one(record: Record) -> None:
    record.judged = record.short = True
    record.write()

    assert not passed_before(Record("kills", "1", 7, short=False, folder=record.folder, commit="a1"))


def test_a_changed_tree_is_marked_as_one() -> None:
    assert len(commit().removesuffix("-dirty")) == 40
