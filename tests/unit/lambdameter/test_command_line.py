"""The console script says what it does, and ends with the statuses of the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambdameter.__main__ import main


@pytest.mark.parametrize("words", [
    [], ["stack"], ["stack", "up"], ["stack", "down"], ["stack", "status"], ["jars"], ["statement"], ["verify"]])
def test_every_command_has_help_with_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])

    assert ended.value.code == 0
    assert f"example: lambdameter {' '.join(words)}".strip() in capsys.readouterr().out


def test_an_unknown_command_is_a_bad_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["stakc"])

    assert ended.value.code == 2
    assert "stakc" in capsys.readouterr().err


def test_a_home_that_cannot_be_is_status_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    assert main(["stack", "up", "--home", str(tmp_path / "file" / "home")]) == 2
    assert capsys.readouterr().err.startswith("lambdameter: LAMBDAMETER_HOME=")


def test_status_of_a_stack_that_was_never_up_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stack", "status", "--home", str(tmp_path / "home")]) == 3

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["kafka", "postgres", "redis"]
    assert all(line.endswith("down") for line in lines)


def test_down_of_a_stack_that_was_never_up_is_0_and_makes_nothing(tmp_path: Path) -> None:
    assert main(["stack", "down", "--home", str(tmp_path / "home")]) == 0
    assert not (tmp_path / "home").exists()
