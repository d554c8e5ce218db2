"""`python -m producers` as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from metering.settings import KafkaSettings, child_environment
from tests.lib.programs import ROOT


class Producers:
    """Starts commands on one Kafka with the same options; what they write goes to a folder of their own."""

    def __init__(self, kafka: KafkaSettings, folder: Path, *options: str) -> None:
        self.folder = folder
        self.truth = folder / "truth"
        self.unsent = folder / "unsent.jsonl"
        self._options = ("--unsent", str(self.unsent), *options)
        self._environment = child_environment(
            KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers, LAMBDAMETER_MAX_AGE_DAYS="0", LAMBDAMETER_LOG="json")

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "producers", command, *arguments, *self._options],
            cwd=ROOT, env=self._environment, stderr=subprocess.PIPE, text=True)

    def run(self, command: str, *arguments: str, status: int = 0) -> str:
        """Run to the end; gives what it said."""
        return self.end(self.start(command, *arguments), status=status)

    def end(self, process: subprocess.Popen[str], status: int = 0) -> str:
        _, said = process.communicate(timeout=120)
        assert process.returncode == status, said
        return said


def summary_of(said: str) -> dict[str, int]:
    """The closing line's facts."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return next(line for line in lines if line["event"] == "done")
