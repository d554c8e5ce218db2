"""Run a layer's command with one more stream: `python -m tests.lib.with_stream FILE.py speed_layer --once`.

FILE.py is a declaration as docs/adding-a-stream.md has one: the Stream that it binds is registered, and nothing else
is changed.
"""

from __future__ import annotations

import importlib
import runpy
import sys

from metering.domain.stream import Stream
from metering.streams import STREAMS


def main(declaration: str, layer: str, *arguments: str) -> int:
    """Register the declared streams, run the command, give its exit status."""
    for found in runpy.run_path(declaration).values():
        if isinstance(found, Stream):
            STREAMS[found.topic] = found
    status: int = importlib.import_module(f"{layer}.__main__").main(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
