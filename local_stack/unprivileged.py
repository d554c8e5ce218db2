"""PostgreSQL refuses to run as root: how root runs it as someone else without adding a user."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from metering.domain.errors import ServiceAway

NOBODY = 65_534


@dataclass(frozen=True)
class Disguise:
    """A command's prefix, and the user (as root sees it) who must own the files."""

    prefix: tuple[str, ...]
    owner: int


# A user namespace shows root's own files as user 1000's: nothing changes hands. Containers often forbid it;
# then nobody runs it, keeping the one capability to pass through folders that are closed to others.
WAYS = (
    Disguise(("unshare", "--user", "--map-user=1000", "--map-group=1000"), owner=0),
    Disguise(
        ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
         "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
        owner=NOBODY,
    ),
    Disguise(("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"), owner=NOBODY),
    Disguise(("runuser", "-u", "nobody", "--"), owner=NOBODY),
)  # fmt: skip


@cache
def disguise(program: Path) -> Disguise | None:
    """How to run `program` as another user than root; None for a user who is not root. Raises ServiceAway."""
    if os.geteuid() != 0:
        return None
    for way in WAYS:
        if _works(way, program):
            return way
    raise ServiceAway(
        f"PostgreSQL refuses to run as root, and neither unshare nor setpriv nor runuser can start {program} "
        "as another user here: run this as a user who is not root"
    )


def _works(way: Disguise, program: Path) -> bool:
    try:
        done = subprocess.run([*way.prefix, str(program), "-V"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def give(folder: Path, owner: int) -> None:
    """Make `owner` own a folder and all in it. One that has the right owner is left."""
    if folder.stat().st_uid == owner:
        return
    for path in [*folder.rglob("*"), folder]:
        os.chown(path, owner, owner, follow_symlinks=False)
