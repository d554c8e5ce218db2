"""Statements of what the batch layer rated: every subject and price model is computed again to the last digit."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from lambdameter.__main__ import main
from tests.lib.forging import change_json, forge_sums
from tests.lib.rated_customer import TARIFFS, fill_rated

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module", autouse=True)
def root(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        fill_rated(connection, folder, database_url)
    return folder


@pytest.fixture(autouse=True)
def _settings(root: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (
        ("DATABASE_URL", database_url), ("LAMBDAMETER_ARCHIVE", str(root)), ("LAMBDAMETER_HOME", str(tmp_path)),
        ("LAMBDAMETER_CONF", str(tmp_path))):
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("customer", ["acme", "cyan"])
@pytest.mark.parametrize(("period", "models"), [("2026-02", 8), ("2026-03", 6), ("2026-02-28", 2)])
def test_every_subject_and_model_is_computed_again_to_the_last_digit(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    customer: str, period: str, models: int,
) -> None:
    folder = tmp_path / "statement"
    assert main(["statement", customer, period, "--to", str(folder)]) == 0
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("LAMBDAMETER_ARCHIVE")

    assert main(["verify", str(folder), "--archive", str(root)]) == 0, capsys.readouterr().out

    lines = json.loads((folder / "statement.json").read_text())["lines"]
    names = {(line["tariff"], line["valid_from"], line["period"]) for line in lines}
    assert len(names) == len(lines) >= models
    assert {name for name, _, _ in names} <= {tariff[0] for tariff in TARIFFS}


def test_a_forged_hour_of_each_line_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["statement", "acme", "2026-02", "--to", str(tmp_path / "statement")]) == 0
    lines = json.loads((tmp_path / "statement" / "statement.json").read_text())["lines"]

    for number, line in enumerate(lines):
        folder = Path(shutil.copytree(tmp_path / "statement", tmp_path / f"forged-{number}"))
        change_json(folder / "statement.json", lambda content, at=number: content["lines"][at]["hours"].pop())
        forge_sums(folder)
        capsys.readouterr()

        assert main(["verify", str(folder)]) == 4, line
        assert f"line {number + 1} ({line['tariff']}" in capsys.readouterr().out
