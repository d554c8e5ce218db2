"""docs/verify.md: each command of its walk-through is run, and answers what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from lambdameter.__main__ import main
from tests.lib.programs import ROOT
from tests.lib.sample_statement import Sample, fill_statement

pytestmark = pytest.mark.stack

PAGE = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")


@pytest.fixture
def sample(database_url: str, tmp_path: Path) -> Sample:
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        fill_statement(connection, tmp_path / "archive")
    return Sample(database_url, tmp_path / "archive")


def steps() -> Iterator[tuple[str, str]]:
    """Each command, and what the page says it prints."""
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        for step in block.removeprefix("$ ").split("\n$ "):
            command, _, said = step.partition("\n")
            yield command, said.strip()


def test_the_walk_through_is_so(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (sample.environment | {"LAMBDAMETER_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)

    for command, said in steps():
        status = run(command)

        printed = re.sub(r"\b([0-9a-f]{4})[0-9a-f]{60}\b", r"\1…", capsys.readouterr().out)
        assert printed.splitlines() == said.splitlines(), command
        assert status == (4 if "stated" in said else 0), command


def run(command: str) -> int:
    """Our own program in this process, since its start is most of its time; all else in a shell."""
    program, *words = shlex.split(command)
    return main(words) if program == "lambdameter" else subprocess.run(["sh", "-c", command], check=True).returncode
