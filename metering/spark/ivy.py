"""Jars resolved by the Ivy that pyspark's wheel carries, with Ivy's own default settings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from metering.domain.errors import BadSettings, ServiceAway
from metering.settings import child_environment
from metering.spark import java
from metering.spark.trust import system_trust_store

PATTERN = "[organisation]/[module]/[revision]/[artifact]-[revision](-[classifier]).[ext]"

# A run of seconds is over before a thorough compiler pays.
QUICK = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@dataclass(frozen=True)
class Module:
    """A module by its coordinates; `alone` leaves out what it depends on."""

    organisation: str
    name: str
    revision: str
    alone: bool = False

    @classmethod
    def parse(cls, coordinates: str) -> Module:
        """A module alone, from `organisation:name:revision`."""
        organisation, name, revision = coordinates.split(":")
        return cls(organisation, name, revision, alone=True)

    def as_dependency(self) -> str:
        """Its line in an Ivy file."""
        conf, transitive = ("default->master", "false") if self.alone else ("default->default", "true")
        return (
            f'<dependency org="{self.organisation}" name="{self.name}" rev="{self.revision}" '
            f'conf="{conf}" transitive="{transitive}"/>'
        )


def resolve(modules: Sequence[Module], folder: Path, heard: Callable[[str], None]) -> list[Path]:
    """Download `modules` and what they need into `folder`/jars/organisation/name/revision.

    `heard` gets each line Ivy prints. Tries twice: with Java's own certificates, then with the machine's
    (a network that signs its own traffic is known to the machine, seldom to a Java from a wheel).
    Raises ServiceAway.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ivy.xml").write_text(ivy_file(modules), encoding="utf-8")
    fault = _run(folder, [], heard)
    if fault:
        fault = _run(folder, system_trust_store(folder / "machine.jks"), heard)
    if fault:
        first = f"{modules[0].name} {modules[0].revision}"
        raise ServiceAway(f"jars ({first} and {len(modules) - 1} more) could not be fetched: {fault}")
    return sorted((folder / "jars").glob("*/*/*/*.jar"))


def ivy_file(modules: Sequence[Module]) -> str:
    """The Ivy file that asks for `modules`."""
    lines = "\n".join(f"    {module.as_dependency()}" for module in modules)
    return (
        '<ivy-module version="2.0">\n'
        '  <info organisation="lambdameter" module="jars"/>\n'
        '  <configurations><conf name="default"/></configurations>\n'
        f"  <dependencies>\n{lines}\n  </dependencies>\n</ivy-module>\n"
    )


def _run(folder: Path, options: Sequence[str], heard: Callable[[str], None]) -> str | None:
    """One run of Ivy; the reason it failed, or None."""
    command = [
        str(java.java()), *QUICK, *options, *proxy_options(getproxies()),
        f"-Divy.default.ivy.user.dir={folder}", "-cp", str(_ivy_jar()), "org.apache.ivy.Main",
        "-ivy", str(folder / "ivy.xml"), "-confs", "default", "-cache", str(folder / "cache"),
        "-retrieve", str(folder / "jars" / PATTERN),
    ]  # fmt: skip
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env=child_environment(),
    ) as ivy:  # fmt: skip
        assert ivy.stdout is not None
        for line in ivy.stdout:
            said.append(line.strip())
            heard(line.strip())
    return None if ivy.returncode == 0 else reason(said)


def reason(said: Sequence[str]) -> str:
    """The one line of Ivy's output that says why it failed; the last line where none does."""
    telling = ("Server access error", "Host ", "not found", "Exception")
    lines = [line for line in said if line]
    for words in telling:
        for line in lines:
            if words in line:
                return line
    return lines[-1] if lines else "Ivy said nothing"


def proxy_options(proxies: dict[str, str]) -> list[str]:
    """Java's options for the proxies the machine names; Java itself does not read them."""
    options = []
    for scheme in ("http", "https"):
        proxy = urlsplit(proxies.get(scheme, ""))
        if proxy.hostname:
            options += [f"-D{scheme}.proxyHost={proxy.hostname}", f"-D{scheme}.proxyPort={proxy.port or 80}"]
    return options


def _ivy_jar() -> Path:
    return wheel_jars(["ivy-*.jar"])[-1]


def wheel_jars(patterns: Sequence[str]) -> list[Path]:
    """The jars of pyspark's wheel whose names match, in the order of the patterns. Raises BadSettings."""
    wheel = find_spec("pyspark")
    folder = Path(wheel.origin).parent / "jars" if wheel and wheel.origin else None
    found = [sorted(folder.glob(pattern)) if folder else [] for pattern in patterns]
    if not all(found):
        raise BadSettings(["pyspark is not installed, and Ivy and Hadoop are in its wheel: want `make setup`"])
    return [jar for jars in found for jar in jars]
