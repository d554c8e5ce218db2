"""CPU seconds by who spent them: processes of this machine, asked before and after the work.

A process's own time counts with that of its children that have ended and been waited for, so that nothing is lost when
a PostgreSQL session or a Python worker goes between the two questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from local_stack import Stack
from metering.settings import Settings

PARTIES = ("driver", "jvm", "workers", "postgresql", "broker")
"""This process; Spark's JVM; its Python workers; the database with its sessions; Kafka."""

Spent = dict[str, float]


def spent(settings: Settings, work: Callable[[], object]) -> Spent:
    """CPU seconds of each party during the work."""
    before = _so_far(settings)
    work()
    after = _so_far(settings)
    return {party: after[party] - before.get(party, 0.0) for party in PARTIES}


def _so_far(settings: Settings) -> Spent:
    me = psutil.Process()
    jvms = [child for child in me.children() if child.name().startswith("java")]
    workers = [worker for jvm in jvms for worker in jvm.children(recursive=True)]
    stack = Stack(settings.home)
    return {
        "driver": _own(me),
        "jvm": sum(map(_own, jvms)),
        "workers": _with_ended(workers),
        "postgresql": _with_ended(_tree(stack.service("postgres").pid)),
        "broker": _with_ended(_tree(stack.service("kafka").pid)),
    }


def _tree(pid: int | None) -> list[psutil.Process]:
    if pid is None:
        return []
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _own(process: psutil.Process) -> float:
    """0 for one that has just ended."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _with_ended(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
