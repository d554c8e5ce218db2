"""Logs: one line a decision on stderr, text on a terminal and JSON elsewhere."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "layer": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        facts = " ".join(f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        mark = "" if record.levelno < logging.WARNING else f"{record.levelname.lower()}: "
        line = f"{at} {record.name}  {mark}{record.getMessage()}" + (f"  {facts}" if facts else "")
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


class Log:
    """A layer's log. `log.info("slice committed", rows=3)` writes one line with its facts."""

    def __init__(self, layer: str) -> None:
        self._logger = logging.getLogger(layer)

    def info(self, event: str, **facts: object) -> None:
        self._logger.info(event, extra={"facts": facts})

    def warning(self, event: str, **facts: object) -> None:
        self._logger.warning(event, extra={"facts": facts})

    def error(self, event: str, **facts: object) -> None:
        self._logger.error(event, extra={"facts": facts})


def start_logging(log_format: str = "auto") -> None:
    """Send all lines to stderr; `log_format` is auto, text or json. A second call changes nothing more."""
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("py4j", "kafka", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
