"""Named places where a drill can hold a process still, to kill it there.

LAMBDAMETER_FAILPOINT names one; reaching it leaves a mark `<name>.reached` in LAMBDAMETER_FAILPOINT_DIR and
waits to be killed. Off, it costs one comparison.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from metering.settings import failpoint

Failpoint = Literal[
    "speed-before-file",
    "speed-mid-file",
    "speed-before-commit",
    "speed-after-commit",
    "batch-before-publish",
    "batch-mid-publish",
    "batch-before-export",
    "batch-before-compaction",
    "batch-mid-compaction",
    "batch-mid-invoice",
    "repair-before-list",
    "repair-after-list",
    "replay-after-send",
]

_ACTIVE = failpoint()
_LONGER_THAN_ANY_DRILL_S = 600


def reach(name: Failpoint) -> None:
    """Stand still here if a drill asked for it."""
    if _ACTIVE is not None and _ACTIVE[0] == name:
        Path(_ACTIVE[1], f"{name}.reached").touch()
        time.sleep(_LONGER_THAN_ANY_DRILL_S)
