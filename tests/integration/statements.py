"""The fixtures of statements: books and an archive, the folder written from them, and copies to be changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from lambdameter.__main__ import main
from tests.lib.sample_statement import Sample, fill_statement

HOUR_10 = "devices/year=2026/month=03/day=05/hour=10"
LINE_1 = "statement.json, line 1 (mobile of 2026-01-01T00:00Z, period 2026-03-01, EUR)"


@pytest.fixture(scope="module")
def sample(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    root = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        fill_statement(connection, root)
    return Sample(database_url, root)


@pytest.fixture(autouse=True)
def settings(sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (sample.environment | {
        "LAMBDAMETER_HOME": str(tmp_path / "home"), "LAMBDAMETER_CONF": str(tmp_path / "conf")}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def written(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A statement as it was written; tests change copies of it."""
    folder = tmp_path_factory.mktemp("statements") / "acme-2026-03"
    with pytest.MonkeyPatch.context() as environment:
        for name, value in sample.environment.items():
            environment.setenv(name, value)
        assert main(["statement", "acme", "2026-03", "--to", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, and nothing that verifying could ask but the folder."""
    for name in ("DATABASE_URL", "LAMBDAMETER_ARCHIVE"):
        monkeypatch.delenv(name, raising=False)
    return Path(shutil.copytree(written, tmp_path / "statement"))


@pytest.fixture
def copied_archive(sample: Sample, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample.archive, tmp_path / "archive"))


Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    def run(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        status = main(["verify", *map(str, words)])
        return status, "".join(capsys.readouterr())

    return run
