"""A home keeps its secrets for its owner, and other people's lines in stack.env."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from local_stack.state import Home
from metering.domain.errors import BadSettings
from metering.settings import read_env_file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_stack_env_is_for_its_owner_only(home: Home) -> None:
    home.write_env({"SECRET_KEY": "s"})

    assert mode(home.stack_env) == 0o600
    assert mode(home.folder) == 0o700


def test_lines_of_others_stay_and_ours_are_renewed(home: Home) -> None:
    home.stack_env.write_text("REDIS_URL=redis://mine\nSECRET_KEY=old\n")

    home.write_env({"SECRET_KEY": "new"})

    assert read_env_file(home.stack_env) == {"REDIS_URL": "redis://mine", "SECRET_KEY": "new"}


def test_a_secret_is_long_private_and_made_once(home: Home) -> None:
    secret = home.secret("postgres")

    assert len(secret) >= 50
    assert home.secret("postgres") == secret
    assert home.secret("other") != secret
    assert mode(home.secret_path("postgres")) == 0o600


def test_a_relative_home_is_made_absolute() -> None:
    assert Home("somewhere").folder.is_absolute()


@pytest.mark.parametrize("name", ["a,b", "a\\b"])
def test_a_home_that_kafka_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSettings, match="LAMBDAMETER_HOME"):
        Home(tmp_path / name)


def test_a_home_that_cannot_be_made_is_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadSettings, match="LAMBDAMETER_HOME"):
        Home(tmp_path / "file" / "home").make()
