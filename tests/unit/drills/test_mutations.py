"""Every mutation still fits the product, and an edit that does not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills import mutants
from tests.drills.mutants import Edit, Mutation
from tests.drills.mutations import ROOT, apply, main
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


def test_an_unknown_mutation_ends_with_2() -> None:
    assert main(["no-such-thing"]) == 2


def test_names_of_drills_and_mutations_are_used_once() -> None:
    for names in ([drill.name for drill in ALL], [mutation.name for mutation in mutants.ALL]):
        assert len(names) == len(set(names))
