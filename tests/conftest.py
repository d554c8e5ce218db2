"""Fixtures shared by all tests: the real services, started once for the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from local_stack import Stack
from metering.settings import child_environment

# A time limit per example would judge the machine, not the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Real Kafka, PostgreSQL and Redis for the whole run, stopped at its end, also after Ctrl-C.

    With LAMBDAMETER_TEST_HOME that home is used and left running, so that the next run starts at once. Of several
    workers each has services of its own, in a folder of its name.
    """
    environment = child_environment()
    kept, worker = environment.get("LAMBDAMETER_TEST_HOME"), environment.get("PYTEST_XDIST_WORKER", "")
    running = Stack(Path(kept, worker) if kept else tmp_path_factory.mktemp("stack"))
    try:
        running.up()
        yield running
    finally:
        if not kept:
            running.down()


@pytest.fixture(scope="session")
def stack_env(stack: Stack) -> dict[str, str]:
    """The names and values of the running stack's stack.env."""
    return stack.env()
