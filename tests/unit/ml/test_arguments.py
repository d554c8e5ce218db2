"""The command line of `python -m ml`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ml.__main__ import main, needs
from ml.arguments import parser


def test_defaults_are_those_that_are_documented() -> None:
    asked = parser().parse_args(["run"])

    assert (asked.seed, asked.threshold, asked.until, asked.out, asked.listens) == (7, 0.5, None, None, None)


def test_times_are_in_utc_unless_they_say_otherwise() -> None:
    asked = parser().parse_args(["replay", "--model", "2", "--from", "2026-11-20", "--to", "2026-11-24T09:00+02:00"])

    assert (asked.start, asked.end) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 24, 7, tzinfo=UTC))


@pytest.mark.parametrize("arguments", [
    [], ["sweep"], ["replay"], ["replay", "--model", "1"], ["train", "--threshold", "1.5"], ["train", "--seed", "x"],
    ["train", "--features", "d", "--libsvm", "f"], ["features", "--tz", "Mars"], ["features", "--tz", "../etc"],
    ["features", "--until", "yesterday"], ["score", "--model", "newest"]])
def test_a_command_that_cannot_be_meant_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2


@pytest.mark.parametrize("action", ["features", "train", "score", "run", "replay"])
def test_every_command_has_help_with_an_example(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([action, "--help"])

    assert ended.value.code == 0
    assert f"example: python -m ml {action}" in capsys.readouterr().out


def test_files_need_neither_database_nor_archive() -> None:
    assert needs("features", from_csv=True) == ()
    assert needs("features", from_csv=False) == ("database", "archive")
    assert "archive" not in needs("run", from_csv=True)
