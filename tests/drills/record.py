"""What was said and found in one run of a drill, kept as JSON in `build/drills/`."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "drills"


@dataclass(frozen=True)
class Line:
    """Something that was done or found. `at_s` since the drill's start; `holds` is None where nothing was demanded."""

    at_s: float
    what: str
    numbers: dict[str, Any]
    holds: bool | None = None

    def __str__(self) -> str:
        verdict = {None: "", True: "ok: ", False: "FAILED: "}[self.holds]
        numbers = " ".join(f"{name}={value}" for name, value in self.numbers.items())
        return f"{self.at_s:7.1f} s  {verdict}{self.what}  {numbers}".rstrip()


@dataclass
class Record:
    """One run. `fault` is what ended it early, with the ends of the programs' logs."""

    name: str
    number: str
    seed: int
    short: bool
    folder: Path = FOLDER
    commit: str = field(default_factory=lambda: commit())
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    seconds: float = 0.0
    lines: list[Line] = field(default_factory=list)
    judged: bool = False
    fault: str = ""
    _began: float = field(default_factory=time.monotonic, repr=False)

    @property
    def passed(self) -> bool:
        """It came to its end, was judged, and every demand held."""
        return self.judged and not self.fault and not self.failures

    @property
    def failures(self) -> list[str]:
        """What was demanded and did not hold."""
        return [line.what for line in self.lines if line.holds is False]

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}-{self.seed}{'-short' if self.short else ''}.json"

    def note(self, what: str, numbers: dict[str, Any], holds: bool | None = None) -> None:
        """Keep a line, and print it."""
        line = Line(round(time.monotonic() - self._began, 1), what, numbers, holds)
        self.lines.append(line)
        print(f"{self.name}: {line}", flush=True)

    def close(self) -> None:
        """Stop its clock."""
        self.seconds = round(time.monotonic() - self._began, 1)

    def write(self) -> None:
        """Replace what an earlier run of the same seed left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in asdict(self).items() if name != "folder" and not name.startswith("_")}
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(kept | {"passed": self.passed}, indent=1, default=str) + "\n", encoding="utf-8")
        part.replace(self.path)


def commit() -> str:
    """The commit of this tree; marked where files were changed since, and empty without git."""
    told = subprocess.run(
        ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True,
        text=True, check=False)
    return told.stdout.strip()


def passed_before(record: Record) -> bool:
    """Whether a run of this drill, seed and form passed at this very commit; never of a changed tree."""
    if not record.path.exists() or not record.commit or record.commit.endswith("-dirty"):
        return False
    kept = json.loads(record.path.read_text(encoding="utf-8"))
    return bool(kept["passed"] and kept["commit"] == record.commit)
