"""Where this environment keeps what it fetched or made once: jars and the Java shim."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from metering.domain.errors import BadSettings
from metering.settings import child_environment


def kept_places(name: str) -> tuple[Path, Path]:
    """Where `name` may be kept: in the environment (shared by its users), else in the user's own cache."""
    cache = child_environment().get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(sys.prefix) / "share" / "lambdameter" / name, Path(cache) / "lambdameter" / name


def writable_place(name: str) -> Path:
    """The first of the kept places that this user may write, made if absent; else BadSettings."""
    for place in kept_places(name):
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return place
    wanted = " or ".join(str(place) for place in kept_places(name))
    raise BadSettings([f"no folder to keep {name}: want {wanted} writable (XDG_CACHE_HOME moves the second)"])
