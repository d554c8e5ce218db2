"""The command line: what stood before there were several actions stands as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from batch_layer.__main__ import _parser, main

HOUR = datetime(2021, 2, 19, 21, tzinfo=UTC)


@pytest.mark.parametrize("arguments", [
    ["--hour", "2021-02-19T21"], ["run", "--hour", "2021-02-19T21"], ["--hour", "2021-02-19T21", "run"]])
def test_an_hour_may_stand_before_and_after_the_action(arguments: list[str]) -> None:
    assert _parser().parse_args(arguments).hour == HOUR


@pytest.mark.parametrize(("arguments", "action", "every"), [
    ([], None, None), (["run"], "run", None), (["vacuum"], "vacuum", None), (["--every", "5"], None, 5.0)])
def test_without_an_hour_all_touched_hours_are_meant(arguments: list[str], action: str, every: float) -> None:
    asked = _parser().parse_args(arguments)

    assert (asked.action, asked.every, asked.hour) == (action, every, None)


def test_a_map_reduce_needs_its_day_alone() -> None:
    asked = _parser().parse_args(["mapreduce", "--day", "2026-11-24"])

    assert (asked.day, asked.runner, asked.source, asked.stream) == (
        date(2026, 11, 24), "inline", "archive", "resource_usage")


def test_a_word_count_needs_its_file_alone() -> None:
    asked = _parser().parse_args(["wordcount", "README.md"])

    assert (asked.file, asked.runner) == (Path("README.md"), "spark")


@pytest.mark.parametrize("arguments", [
    ["wordcount"], ["wordcount", "README.md", "--runner", "hadoop"],
    ["mapreduce"], ["mapreduce", "--day", "24.11.2026"], ["mapreduce", "--day", "2026-11-24", "--runner", "hadoop"],
    ["--hour", "21"], ["sweep"]])
def test_a_command_that_cannot_be_meant_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
