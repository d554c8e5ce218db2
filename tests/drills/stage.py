"""Plays a drill: in a scene on services of its own, or on those of the tests."""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from local_stack import Stack
from tests.drills.drill import Drill
from tests.drills.record import Record
from tests.drills.scene import Scene
from tests.integration.conftest import database, serving
from tests.lib.layers import deployed

_LOGS, _LOG_LINES = 4, 12


@contextmanager
def own_services(folder: Path) -> Iterator[tuple[Stack, str]]:
    """A stack of its own and the name of a migrated database on it; both gone afterwards."""
    stack = Stack(folder / "stack")
    try:
        stack.up()
        with database(stack.env()["DATABASE_URL"]) as url:
            migrated = serving(url, "migrate")
            assert migrated.returncode == 0, migrated.stderr
            yield stack, urlsplit(url).path.strip("/")
    finally:
        stack.down()


def play(drill: Drill, stack: Stack, template: str, folder: Path, *, seed: int, short: bool = False) -> Record:
    """Run it to its end; whatever goes wrong is in the record, and nothing of it runs on."""
    record = Record(drill.name, drill.number, seed, short)
    record.note(drill.title, {"seed": seed, "commit": record.commit[:12]})
    with deployed(stack, template, folder, **drill.settings) as layers:
        try:
            drill.run(Scene(layers, template, record, random.Random(seed)))
            record.fault = "" if record.judged else "it ended without being judged"
        except Exception:
            record.fault = f"{traceback.format_exc()}\n{ends_of_logs(folder)}"
            print(record.fault, flush=True)
        finally:
            # What it left down or frozen would keep topics and database from being dropped.
            stack.up()
    record.close()
    return record


def ends_of_logs(folder: Path) -> str:
    """The last lines of the programs that spoke last."""
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)[-_LOGS:]
    tails = [(log.name, log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]) for log in logs]
    return "\n".join(f"--- {name}\n" + "\n".join(line[:600] for line in lines) for name, lines in tails)
