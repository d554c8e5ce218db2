"""Redis's settings: a password that only the owner can read, nothing beyond loopback."""

from __future__ import annotations

import stat
from pathlib import Path

from local_stack.redis import Redis
from local_stack.state import Home


def prepared(folder: Path) -> tuple[Redis, Path]:
    home = Home(folder)
    home.make()
    service = Redis(home)
    service.prepare()
    return service, folder / "redis" / "redis.conf"


def test_the_password_is_in_a_private_file_and_on_no_command_line(tmp_path: Path) -> None:
    service, configuration = prepared(tmp_path / "home")
    password = service.home.secret("redis")

    assert f"requirepass {password}\n" in configuration.read_text()
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert password not in " ".join(service.command())
    assert service.env() == {"REDIS_URL": f"redis://:{password}@{service.address}/0"}


def test_it_listens_on_loopback_and_keeps_every_change(tmp_path: Path) -> None:
    _, configuration = prepared(tmp_path / "home")

    lines = configuration.read_text().splitlines()

    assert {"bind 127.0.0.1", "protected-mode yes", "appendonly yes"} <= set(lines)


def test_a_home_with_spaces_and_quotes_is_one_word_of_its_settings(tmp_path: Path) -> None:
    _, configuration = prepared(tmp_path / 'a "home" of ours')

    assert f'dir "{tmp_path}/a \\"home\\" of ours/redis"\n' in configuration.read_text()
