"""Kafka 4 in KRaft mode: one node, broker and controller in one, from jars."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from local_stack.java_log import rolling_log
from local_stack.ports import LOOPBACK, accepts
from local_stack.service import Service
from local_stack.state import Home
from metering.domain.errors import ServiceAway
from metering.settings import child_environment
from metering.spark import jars, java

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}
num.partitions=4
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
# 40 days: longer than the 35 days a late event may take.
log.retention.hours=960
log.segment.bytes=268435456
group.initial.rebalance.delay.ms=0
# A killed broker may not come back before its old session has ended; the default is 9 s.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
# One broker: one replica, and few partitions, since each is a folder and some open files.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# The default of 128 MB is a quarter of this heap.
log.cleaner.dedupe.buffer.size=16777216
"""


class Kafka(Service):
    """One Kafka node on two loopback ports, one for clients and one for its own quorum."""

    name = "kafka"

    def __init__(self, home: Home, heap_mb: int = 512) -> None:
        super().__init__(home)
        self._heap_mb = heap_mb
        self._folder = home.folder / "kafka"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _records(self) -> Path:
        return self._folder / "data"

    def prepare(self) -> None:
        """Write its settings, and format the folder of records at the first start."""
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self.home.ports.settle(self.name)
        self.home.ports.settle("kafka_controller")
        (self._folder / "log4j2.properties").write_text(rolling_log(self.log_path, "kafka.server"), encoding="utf-8")
        if not self._records.exists():
            self._format()
        self._properties.write_text(self._settings(self._records), encoding="utf-8")

    def _settings(self, records: Path) -> str:
        controller = self.home.ports.remembered("kafka_controller")
        return PROPERTIES.format(host=LOOPBACK, port=self.port, controller=controller, folder=records)

    def _format(self) -> None:
        """Format under another name, so that a broken format leaves nothing that looks whole."""
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        settings = self._folder / "format.properties"
        settings.write_text(self._settings(fresh), encoding="utf-8")
        cluster = cluster_id()
        done = subprocess.run(
            [*self._java("-XX:TieredStopAtLevel=1"), "kafka.tools.StorageTool",
             "format", "--standalone", "-t", cluster, "-c", str(settings)],
            capture_output=True, text=True, env=child_environment(), check=False,
        )  # fmt: skip
        if done.returncode:
            raise ServiceAway(f"kafka's folder could not be formatted:\n{done.stdout}{done.stderr}")
        fresh.rename(self._records)

    def _java(self, *options: str) -> list[str]:
        return [str(java.java()), *options, "-cp", jars.class_path("kafka-server")]

    def command(self) -> list[str]:
        options = (
            f"-Xmx{self._heap_mb}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self.home.log('kafka-jvm')}",
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}",
        )
        return [*self._java(*options), "kafka.Kafka", str(self._properties)]

    def is_mine(self, arguments: list[str]) -> bool:
        return arguments[-2:] == ["kafka.Kafka", str(self._properties)]

    def fault(self) -> str | None:
        if not accepts(self.port):
            return f"nothing listens on {self.address}"
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.address, request_timeout_ms=3000, bootstrap_timeout_ms=3000
            )
        except KafkaError as error:
            return f"no answer from {self.address}: {error}"
        try:
            brokers = admin.describe_cluster()["brokers"]
        except KafkaError as error:
            return f"no answer from {self.address}: {error}"
        finally:
            admin.close()
        return None if brokers else "the broker is not registered yet"

    def settle(self) -> None:
        """Nothing: topics are created by the first command that needs them."""

    def env(self) -> dict[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": self.address}


def cluster_id(new_uuid: Callable[[], uuid.UUID] = uuid.uuid4) -> str:
    """16 random bytes in URL-safe base64. None that begins with a dash: Kafka's program would take it for an option."""
    while True:
        found = base64.urlsafe_b64encode(new_uuid().bytes).decode().rstrip("=")
        if not found.startswith("-"):
            return found
