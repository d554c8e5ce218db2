"""`python -m tests.drills`: what it lists and what it refuses, without playing anything."""

from __future__ import annotations

import pytest

from tests.drills.__main__ import main
from tests.drills.registry import ALL


def test_every_drill_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0

    listed = capsys.readouterr().out.splitlines()
    assert [drill.name in line for drill, line in zip(ALL, listed, strict=True)] == [True] * len(ALL)


@pytest.mark.parametrize(("arguments", "told"), [
    (["no-such-drill"], "'no-such-drill' is no drill: want one of"),
    (["kills", "--short"], "'kills' has no short form"),
    (["--repeat", "0"], "--repeat 0: want 1 or more")])
def test_what_cannot_be_played_is_named_with_status_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err
