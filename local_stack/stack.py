"""The stack: its services started, stopped and asked together."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import TracebackType

from local_stack.hdfs import DataNode, NameNode
from local_stack.kafka import Kafka
from local_stack.postgres import Postgres
from local_stack.redis import Redis
from local_stack.service import Service, ServiceStatus
from local_stack.state import Home
from metering.domain.errors import BadSettings
from metering.settings import read_env_file

OPTIONAL: dict[str, tuple[type[Service], ...]] = {"hdfs": (NameNode, DataNode)}


class Stack:
    """Kafka, PostgreSQL and Redis of one home, and what is asked for with them.

    As a context manager: up inside, down after.

    `with_` names optional parts: hdfs. Without it such a part is neither started nor left behind by `down`.
    """

    def __init__(self, home: Path | str, *, kafka_heap_mb: int = 512, with_: Collection[str] = ()) -> None:
        if unknown := sorted(set(with_) - OPTIONAL.keys()):
            raise BadSettings([f"the stack with {unknown[0]!r}: want {', '.join(OPTIONAL)}"])
        self.home = Home(home)
        asked = [kind(self.home) for name, kinds in OPTIONAL.items() if name in with_ for kind in kinds]
        always = (Kafka(self.home, kafka_heap_mb), Postgres(self.home), Redis(self.home))
        self.services: tuple[Service, ...] = (*always, *asked)
        self._others = [kind(self.home) for name, kinds in OPTIONAL.items() if name not in with_ for kind in kinds]

    def service(self, name: str) -> Service:
        """One service by name: kafka, postgres, redis; with HDFS namenode, datanode. Raises KeyError."""
        return {service.name: service for service in self.services}[name]

    def up(self) -> dict[str, str]:
        """Start what is down, repair what is half dead, wait until all answer; gives what stack.env holds.

        Healthy services are left as they are. Where it fails or is interrupted, what it started is stopped
        again. Raises ServiceAway with the tail of the log of a service that does not come up.
        """
        with self.home.locked():
            down_before = [service for service in self.services if service.pid is None]
            try:
                # None waits for its answer before all are started: they boot at the same time.
                for service in self.services:
                    service.start()
                for service in self.services:
                    service.wait_ready()
            except BaseException:
                for service in down_before:
                    service.stop()
                raise
            self._write_env()
        return self.env()

    def _write_env(self) -> None:
        archive = self.home.folder / "archive"
        archive.mkdir(exist_ok=True)
        values = {"LAMBDAMETER_HOME": str(self.home.folder), "LAMBDAMETER_ARCHIVE": str(archive)}
        values["SECRET_KEY"] = self.home.secret("secret_key")
        for service in self.services:
            values |= service.env()
        self.home.write_env(values)

    def down(self) -> None:
        """Stop all, the data stays. A stack that is down stays down; an absent home stays absent."""
        if not self.home.folder.exists():
            return
        with self.home.locked():
            for service in reversed([*self.services, *self._started_others()]):
                service.stop()

    def status(self) -> list[ServiceStatus]:
        """How each service is, asked from the services themselves."""
        return [service.status() for service in (*self.services, *self._started_others())]

    def _started_others(self) -> list[Service]:
        """Optional services that this stack was not asked for, and that run, or crashed, from an earlier `up`."""
        return [service for service in self._others if service.pid or service.crashed]

    def env(self) -> dict[str, str]:
        """The names and values of stack.env; empty before the first `up`."""
        return read_env_file(self.home.stack_env)

    def __enter__(self) -> Stack:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.down()
