"""What is sampled of an installation at work: memory, open files, table sizes, scratch folders, archive files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.layers import Layers
from local_stack import Stack
from tests.lib.running import Running

MB = 1_000_000
_TABLES = """
SELECT relname, pg_total_relation_size(relid), n_dead_tup FROM pg_stat_user_tables
WHERE pg_total_relation_size(relid) > 100000
"""
_ARCHIVE = """
SELECT count(*) FILTER (WHERE superseded IS NULL), count(*),
       coalesce((SELECT max(files) FROM (
           SELECT count(*) AS files FROM archive_file WHERE superseded IS NULL GROUP BY topic, hour) AS by_hour), 0)
FROM archive_file
"""
Sample = dict[str, float]
"""By name: `memory speed jvm` in MB, `open files …`, `table …` in MB, `dead rows …`, `scratch` in MB, `archive …`."""


def sample(layers: Layers, speed: Running, batch: Running) -> Sample:
    """All of it at this moment."""
    found: Sample = {}
    for party, processes in _parties(layers, speed, batch).items():
        memory, files = _used(processes)
        found |= {f"memory {party}": memory, f"open files {party}": files}
    return found | _database(layers) | {"scratch": _size_mb(layers.settings.home / "scratch")}


def _parties(layers: Layers, speed: Running, batch: Running) -> dict[str, list[psutil.Process]]:
    parties = _of_layer("speed", speed) | _of_layer("batch", batch)
    server = Stack(layers.settings.home).service("postgres").pid
    return parties | {"postgresql": list(_tree(server))}


def _of_layer(name: str, running: Running) -> dict[str, list[psutil.Process]]:
    with suppress(psutil.NoSuchProcess):
        driver = psutil.Process(running.pid)
        jvms = [child for child in driver.children() if "java" in child.name()]
        workers = [worker for jvm in jvms for worker in jvm.children(recursive=True)]
        return {f"{name} driver": [driver], f"{name} jvm": jvms, f"{name} workers": workers}
    return {}


def _tree(pid: int | None) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        if pid is not None:
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)


def _used(processes: Iterable[psutil.Process]) -> tuple[float, float]:
    """MB that are theirs, what several share divided among them, and how many files are open."""
    memory, files = 0.0, 0
    for process in processes:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            memory += process.memory_full_info().pss / MB
            files += process.num_fds()
    return memory, files


def _database(layers: Layers) -> Sample:
    found: Sample = {}
    for table, size, dead in layers.rows(_TABLES):
        found |= {f"table {table}": size / MB, f"dead rows {table}": dead}
    counting, listed, most = layers.rows(_ARCHIVE)[0]
    return found | {"archive files that count": counting, "archive files listed": listed,
                    "archive files of the largest hour": most}


def _size_mb(folder: Path) -> float:
    """What lies in a folder, by the length of its files."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(root, name).stat().st_size
    return total / MB
