"""Where the browser of the tests is, and how it is started: offline, without a window, without phoning home."""

from __future__ import annotations

import shutil

from metering.settings import child_environment

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"]


def find_chromium() -> str | None:
    """The browser that LAMBDAMETER_CHROMIUM names, else the first on PATH; None where there is none."""
    named = child_environment().get("LAMBDAMETER_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)
