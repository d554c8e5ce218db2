"""A display without a screen: Xvfb, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


def find_xvfb() -> str | None:
    return shutil.which("Xvfb")


@contextmanager
def virtual_display(xvfb: str) -> Iterator[str]:
    """Start one that listens on no network; gives its name, such as `:99`. It ends afterwards."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [xvfb, "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()  # ends at once where Xvfb ends
        assert number, f"Xvfb did not start: status {process.poll()}"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)
