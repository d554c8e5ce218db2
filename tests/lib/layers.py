"""The speed and batch layers deployed for a test: a topic, a database and an archive of its own on the real stack.

The topics' names are fixed, so each deployment begins with none of them but an empty `devices`: only one may be in
use at a time, but for one with `new_topic=False`, which counts the same topics a second time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from local_stack import Stack
from metering.settings import child_environment
from tests.integration.conftest import database
from tests.lib.checker import Installation, check
from tests.lib.message_rules import MessageRules
from tests.lib.recorded_topic import RecordedTopic
from tests.lib.running import Line, Running, until
from tests.lib.topic import NAME, Place, Topic

# A Spark process of seconds spends them on loading classes: a thorough compiler never pays.
_QUICK_JAVA = "-XX:TieredStopAtLevel=1"

_ACKNOWLEDGED = pa.schema([
    ("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64()), ("event_id", pa.string()),
    ("timestamp", pa.float64())])


@dataclass(frozen=True)
class Finished:
    """A program that ended: its exit status and its log."""

    status: int
    lines: list[Line]
    text: str

    def said(self, *words: str) -> list[Line]:
        """The lines that hold each of the words."""
        return [line for line in self.lines if all(word in str(line) for word in words)]


@dataclass
class Deployment:
    """Where the layers of one test work. `settings` is laid over the defaults of every program started."""

    stack: Stack
    database_url: str
    folder: Path
    settings: dict[str, str]
    _started: list[Running] = field(default_factory=list)
    _acknowledged: list[pa.Table] = field(default_factory=list)

    @property
    def topic(self) -> Topic:
        return self._recorded(NAME, "id")

    @property
    def samples(self) -> Topic:
        """The topic of machine samples; a layer or a producer creates it."""
        return self._recorded("resource_usage", "machine_id")

    @property
    def listens(self) -> Topic:
        """The topic of plays; a layer or a producer creates it."""
        return self._recorded("listens", "customer_id")

    @property
    def clicks(self) -> Topic:
        """The topic of clicks."""
        return self._recorded("clicks", "customer_id")

    @property
    def billing(self) -> Topic:
        """The topic of charges and credits."""
        return self._recorded("billing", "company")

    def _recorded(self, name: str, subject: str) -> Topic:
        servers = self.stack.env()["KAFKA_BOOTSTRAP_SERVERS"]
        return RecordedTopic(servers, name, subject, lambda rows: self._acknowledged.append(
            pa.Table.from_pylist(rows, schema=_ACKNOWLEDGED)))

    @property
    def archive(self) -> Path:
        return Path(self.environment()["LAMBDAMETER_ARCHIVE"])

    def environment(self, **settings: str) -> dict[str, str]:
        """What a program of this deployment is given: nothing of the tester's own settings reaches it."""
        ours = ("LAMBDAMETER_", "KAFKA_", "DATABASE_URL", "REDIS_URL", "SPARK_", "PYSPARK_", "JAVA_TOOL_OPTIONS")
        kept = {name: value for name, value in child_environment().items() if not name.startswith(ours)}
        scratch = self.folder / "tmp"
        scratch.mkdir(exist_ok=True)
        return kept | {
            "DATABASE_URL": self.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.env()["KAFKA_BOOTSTRAP_SERVERS"],
            "LAMBDAMETER_ARCHIVE": str(self.folder / "archive"),
            "LAMBDAMETER_HOME": str(self.folder / "home"),
            "LAMBDAMETER_CONF": str(self.folder / "conf"),
            "LAMBDAMETER_LOG": "json",
            "LAMBDAMETER_SPARK_MASTER": "local[2]",
            "LAMBDAMETER_FAILPOINT_DIR": str(self.folder),
            "JAVA_TOOL_OPTIONS": f"{_QUICK_JAVA} -Djava.io.tmpdir={scratch}",
            "TMPDIR": str(scratch),
        } | self.settings | settings  # fmt: skip

    def start(self, module: str, *arguments: str, **settings: str) -> Running:
        """Start `python -m module`; `wait_for` on what it gives waits for what it says."""
        return self.start_command([sys.executable, "-m", module, *arguments], **settings)

    def start_command(self, command: list[str], **settings: str) -> Running:
        """Start any program in this deployment's environment."""
        log = self.folder / f"{len(self._started):02}-{Path(command[-1]).name}-{uuid4().hex[:6]}.log"
        running = Running(command, self.environment(**settings), log)
        self._started.append(running)
        return running

    def run(self, module: str, *arguments: str, **settings: str) -> Finished:
        """Run `python -m module` to its end."""
        running = self.start(module, *arguments, **settings)
        return finished(running)

    def must(self, module: str, *arguments: str, **settings: str) -> Finished:
        """Run a program that has to end with 0."""
        done = self.run(module, *arguments, **settings)
        assert done.status == 0, done.text
        return done

    def hold(self, failpoint: str, module: str, *arguments: str) -> Running:
        """Start a program and wait until it stands still at the failpoint."""
        mark = self.folder / f"{failpoint}.reached"
        mark.unlink(missing_ok=True)
        running = self.start(module, *arguments, LAMBDAMETER_FAILPOINT=failpoint)

        def reached() -> bool:
            assert running.status is None, f"{module} ended before {failpoint}:\n{running.text}"
            return mark.exists()

        until(reached, f"{module} reaches {failpoint}")
        return running

    def kill_at(self, failpoint: str, module: str, *arguments: str) -> None:
        """SIGKILL a program, and all it started, at the failpoint."""
        self.hold(failpoint, module, *arguments).kill()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement, in a transaction of its own that is committed."""
        with closing(psycopg2.connect(self.database_url)) as connection:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchall() if cursor.description else []

    def load_users(self, csv: str) -> None:
        """`python -m serving users FILE`."""
        file = self.folder / "users.csv"
        file.write_text(csv, encoding="utf-8")
        self.must("serving", "users", str(file))

    def send(self, events: Sequence[Mapping[str, object]], partition: int = -1) -> list[Place]:
        """Send events and wait until Kafka has them; `check` asks for them."""
        return self.topic.send(events, partition)

    def generate(self, *arguments: str) -> Path:
        """`python -m producers generate`; gives the folder of its truth."""
        truth = self.folder / "truth"
        self.must("producers", "generate", *arguments, "--truth", str(truth), "--client", "confluent")
        self.take_truth(truth)
        return truth

    def take_truth(self, folder: Path) -> None:
        """Let `check` ask for what a generator that has ended says was acknowledged."""
        sent = pq.read_table(folder / "acknowledged.parquet").select(_ACKNOWLEDGED.names)
        seconds = pc.divide(pc.cast(pc.cast(sent["timestamp"], pa.int64()), pa.float64()), 1e6)
        place = sent.column_names.index("timestamp")
        self._acknowledged.append(sent.set_column(place, "timestamp", seconds).cast(_ACKNOWLEDGED))

    def check(self, *unrecorded: str) -> None:
        """The independent checker over every topic that was counted, with all that was sent through this deployment's
        topics and generators: every invariant, or AssertionError.

        `unrecorded`: topics to which others sent too, which are judged without what was acknowledged. Wants both layers
        at rest and nothing left to count.
        """
        environment = self.environment()
        acknowledged = self.folder / "acknowledged.parquet"
        sent = pa.concat_tables([_ACKNOWLEDGED.empty_table(), *self._acknowledged])
        pq.write_table(sent.filter(pc.invert(pc.is_in(sent["topic"], pa.array(unrecorded, pa.string())))), acknowledged)
        rules = MessageRules(
            max_age_days=float(environment.get("LAMBDAMETER_MAX_AGE_DAYS", 35)),
            max_ahead_s=float(environment.get("LAMBDAMETER_MAX_AHEAD_S", 300)))
        where = Installation(
            environment["KAFKA_BOOTSTRAP_SERVERS"], self.database_url, environment["LAMBDAMETER_ARCHIVE"], rules)
        check(where, [acknowledged]).raise_if_broken()

    def lag(self) -> int:
        """Records in Kafka that are not counted yet."""
        counted = dict(self.rows("SELECT partition, next_offset FROM stream_offset WHERE topic = %s", NAME))
        return sum(end - counted.get(partition, 0) for partition, end in self.topic.ends().items())

    def wait_until_counted(self, within_s: float = 90) -> None:
        """Wait for lag 0."""
        until(lambda: self.lag() == 0, "all of Kafka is counted", within_s)

    def end(self) -> None:
        """Kill whatever still runs."""
        for running in self._started:
            running.kill()


def finished(running: Running) -> Finished:
    """Wait for a program's end."""
    status = running.wait()
    return Finished(status, running.lines(), running.text)


@contextmanager
def deployed(
    stack: Stack, template: str, folder: Path, *, new_topic: bool = True, **settings: str
) -> Iterator[Deployment]:
    """A deployment with a fresh copy of the migrated database `template` and empty topics.

    `new_topic` False: a second count of the topics as they stand.
    """
    with database(stack.env()["DATABASE_URL"], template) as url:
        deployment = Deployment(stack, url, folder, dict(settings))
        others = (deployment.samples, deployment.listens, deployment.clicks, deployment.billing)
        if new_topic:
            for topic in others:
                topic.drop()
            deployment.topic.make_anew()
        try:
            yield deployment
        finally:
            deployment.end()
            if new_topic:
                deployment.topic.drop()
                for topic in others:
                    topic.drop()
