"""Every mutation still fits the product, and an edit that does not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills import mutants
from tests.drills.mutants import Edit, Mutation
from tests.drills.mutations import ROOT, apply, main, watch
from tests.drills.registry import ALL, named


@pytest.mark.parametrize("mutation", mutants.ALL, ids=lambda mutation: mutation.name)
def test_a_mutation_names_a_drill_and_texts_that_are_there_once(mutation: Mutation) -> None:
    named(mutation.drill)

    assert [(ROOT / edit.file).read_text(encoding="utf-8").count(edit.old) for edit in mutation.edits] == [
        1 for _ in mutation.edits]
    assert all(edit.old != edit.new for edit in mutation.edits)


def test_an_edit_is_made_in_the_copy(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT 1 FOR SHARE", encoding="utf-8")

    apply(Mutation("m", "", "kills", "", (Edit("a.sql", " FOR SHARE", ""),)), tmp_path)

    assert (tmp_path / "a.sql").read_text(encoding="utf-8") == "SELECT 1"


@pytest.mark.parametrize("text", ["", "x x"])
def test_an_old_text_that_is_not_there_once_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.sql").write_text(text, encoding="utf-8")

    with pytest.raises(AssertionError, match="want once"):
        apply(Mutation("m", "", "kills", "", (Edit("a.sql", "x", "y"),)), tmp_path)


DRILL = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
print("kills:   1.0 s  FAILED: the lock is held  status=0", flush=True)
print("kills:   2.0 s  FAILED: I2 offsets  p0=3", flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(1)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree whose drills are a program that fails twice."""
    drills = tmp_path / "tests" / "drills"
    drills.mkdir(parents=True)
    for package in (tmp_path / "tests", drills):
        (package / "__init__.py").touch()
    (drills / "__main__.py").write_text(DRILL, encoding="utf-8")
    return tmp_path


def test_a_drill_is_stopped_once_it_failed_by_what_was_expected(copy: Path) -> None:
    played = watch(["60"], copy, "I2")

    assert played.seconds < 30
    assert not played.passed
    assert played.names("I2")


def test_a_drill_that_fails_by_something_else_is_played_to_its_end(copy: Path) -> None:
    played = watch(["0"], copy, "I6")

    assert played.failures == ("the lock is held  status=0", "I2 offsets  p0=3")
    assert not played.names("I6")


def test_an_unknown_mutation_ends_with_2() -> None:
    assert main(["no-such-thing"]) == 2


def test_names_of_drills_and_mutations_are_used_once() -> None:
    for names in ([drill.name for drill in ALL], [mutation.name for mutation in mutants.ALL]):
        assert len(names) == len(set(names))
