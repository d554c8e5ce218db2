"""conf/crontab: what cron would make of it."""

from __future__ import annotations

import re
import shlex

from tests.lib.programs import ROOT, parse

LINES = [
    line for line in (ROOT / "conf" / "crontab").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")]
VARIABLES = dict(line.split("=", 1) for line in LINES if re.match(r"[A-Z_]+=", line))
JOBS = [line.split(maxsplit=5) for line in LINES if not re.match(r"[A-Z_]+=", line)]
IN_FOLDER = 'cd "$LAMBDAMETER_ROOT" && .venv/bin/python '


def when(*words: str) -> list[str]:
    """The times of the job that runs the batch layer with these words."""
    found = [times for *times, command in JOBS if shlex.split(command)[-len(words):] == list(words)]
    assert len(found) == 1, f"{len(found)} jobs end with {words}"
    return found[0]


def test_the_batch_layer_runs_at_minute_15_of_every_hour_which_is_after_the_grace() -> None:
    assert when("-m", "batch_layer") == ["15", "*", "*", "*", "*"]


def test_vacuum_runs_once_a_day() -> None:
    minute, hour, *days = when("batch_layer", "vacuum")

    assert int(minute) in range(60)
    assert int(hour) in range(24)
    assert days == ["*", "*", "*"]


def test_the_model_is_trained_and_all_customers_are_scored_once_a_day() -> None:
    """Scores older than two days decide nothing."""
    minute, hour, *days = when("ml", "run")

    assert int(minute) in range(60)
    assert int(hour) in range(24)
    assert days == ["*", "*", "*"]


def test_every_command_is_one_that_our_programs_take() -> None:
    for *_, command in JOBS:
        assert command.startswith(IN_FOLDER)
        parse(shlex.split(command.split("&& ")[1]))


def test_cron_reads_no_percent_sign_as_a_line_end_and_knows_the_folder() -> None:
    assert VARIABLES["LAMBDAMETER_ROOT"].startswith("/")
    assert not any("%" in command for *_, command in JOBS)
