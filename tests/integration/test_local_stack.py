"""The local stack on real services: up, killed, frozen, repaired, down. It has homes of its own."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from local_stack import Stack, processes
from metering.domain.errors import ServiceAway
from metering.redis.connection import connect, reaching_redis

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that the tests of this module share, each of which leaves it up or down as it likes."""
    home = tmp_path_factory.mktemp("own") / "home"
    yield home
    Stack(home).down()


@pytest.fixture
def own(home: Path) -> Stack:
    """A stack of the shared home, up."""
    own = Stack(home)
    own.up()
    return own


def command(home: Path, verb: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "lambdameter", "stack", verb, "--home", str(home)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def pids(stack: Stack) -> list[int | None]:
    return [state.pid for state in stack.status()]


def listening(pid: int) -> set[str]:
    """The addresses on which a process or a child of it listens."""
    top = psutil.Process(pid)
    sockets = [found for one in [top, *top.children(recursive=True)] for found in one.net_connections("inet")]
    return {found.laddr.ip for found in sockets if found.status == psutil.CONN_LISTEN}


def execute(stack: Stack, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(stack.env()["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def send(stack: Stack, topic: str, value: bytes) -> None:
    """Create a topic and send one acknowledged message to it."""
    servers = stack.env()["KAFKA_BOOTSTRAP_SERVERS"]
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        admin.create_topics([NewTopic(topic, 1, 1)])
    producer = KafkaProducer(bootstrap_servers=servers, acks="all")
    producer.send(topic, value).get(timeout=20)
    producer.close()


def received(stack: Stack, topic: str) -> list[bytes]:
    """The first message of a topic."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=stack.env()["KAFKA_BOOTSTRAP_SERVERS"],
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=30_000,
    )
    try:
        return [next(consumer).value]
    finally:
        consumer.close()


def wait_until(holds: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_s} s"
        time.sleep(0.02)


def test_up_in_an_empty_home_answers_and_writes_what_a_layer_needs(own: Stack) -> None:
    env = own.env()

    assert all(state.up for state in own.status())
    assert env["DATABASE_URL"].startswith("postgresql://lambdameter:")
    assert env["DATABASE_URL"].endswith("/lambdameter")
    assert env["REDIS_URL"] == f"redis://:{own.home.secret('redis')}@{own.service('redis').address}/0"
    assert env["LAMBDAMETER_HOME"] == str(own.home.folder)
    assert Path(env["LAMBDAMETER_ARCHIVE"]).is_dir()
    assert len(env["SECRET_KEY"]) >= 50


def test_stack_env_is_readable_by_its_owner_only(own: Stack) -> None:
    assert stat.S_IMODE(own.home.stack_env.stat().st_mode) == 0o600


def test_everything_listens_on_loopback_only(own: Stack) -> None:
    for pid in pids(own):
        assert pid is not None
        addresses = {ip.removeprefix("::ffff:") for ip in listening(pid)}
        assert addresses == {"127.0.0.1"}


def test_the_database_is_utf8_utc_durable_and_asks_for_a_password(own: Stack) -> None:
    shown = execute(
        own,
        "SELECT current_setting('server_encoding'), current_setting('timezone'),"
        " current_setting('synchronous_commit'), current_setting('fsync')",
    )

    assert shown == [("UTF8", "UTC", "on", "on")]
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(own.env()["DATABASE_URL"].replace(own.home.secret("postgres"), "wrong"))


def test_redis_asks_for_a_password_that_no_command_line_shows(own: Stack) -> None:
    url, password = own.env()["REDIS_URL"], own.home.secret("redis")

    assert connect(url).ping()
    with pytest.raises(ServiceAway), reaching_redis():
        connect(url.replace(password, "wrong")).ping()
    with pytest.raises(ServiceAway), reaching_redis():
        connect(url.replace(f":{password}@", "")).ping()
    assert not [one for one in psutil.process_iter(["cmdline"]) if password in str(one.info["cmdline"])]


def test_what_redis_holds_survives_down_and_up(own: Stack) -> None:
    connect(own.env()["REDIS_URL"]).set("kept over down", "seven")

    own.down()
    own.up()

    assert connect(own.env()["REDIS_URL"]).get("kept over down") == b"seven"


def test_a_second_up_leaves_a_healthy_stack_as_it_is(own: Stack) -> None:
    before, env = pids(own), own.env()

    done = command(own.home.folder, "up")

    assert done.returncode == 0, done.stderr
    assert pids(own) == before
    assert own.env() == env


def test_two_ups_at_once_start_one_stack(own: Stack) -> None:
    own.down()
    words = [sys.executable, "-m", "lambdameter", "stack", "up", "--home", str(own.home.folder)]

    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=90)[0] for one in both]

    assert [one.returncode for one in both] == [0, 0]
    assert said[0] == said[1]


def test_what_was_acknowledged_survives_kill_9_of_all(own: Stack) -> None:
    execute(own, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    send(own, "kept", b"seven")
    connect(own.env()["REDIS_URL"]).set("kept", "seven")
    env = own.env()

    for service in own.services:
        service.kill()
    assert not any(state.up for state in own.status())
    own.up()

    assert own.env() == env
    assert execute(own, "SELECT n FROM kept") == [(7,)]
    assert received(own, "kept") == [b"seven"]
    assert connect(env["REDIS_URL"]).get("kept") == b"seven"


def test_status_says_which_service_crashed_and_shows_its_log(own: Stack) -> None:
    own.service("postgres").kill()

    done = command(own.home.folder, "status")

    assert done.returncode == 3
    assert "kafka" in done.stdout
    assert "postgres" in done.stdout
    assert "crashed" in done.stdout
    assert "database system is ready" in done.stdout


def test_a_crashed_redis_is_named_with_its_log(own: Stack) -> None:
    own.service("redis").kill()

    done = command(own.home.folder, "status")

    assert done.returncode == 3
    assert "redis  " in done.stdout and "crashed" in done.stdout
    assert "Ready to accept connections" in done.stdout


def test_a_half_dead_stack_is_repaired_and_the_living_half_left(own: Stack) -> None:
    kafka = own.service("kafka").pid
    own.service("postgres").kill()

    own.up()

    assert own.service("kafka").pid == kafka
    assert own.service("postgres").status().up


def test_postgres_comes_back_though_a_frozen_child_of_the_killed_one_lives_on(own: Stack) -> None:
    server = psutil.Process(own.service("postgres").pid)
    child = server.children()[0]
    child.suspend()
    server.kill()

    own.up()

    assert own.service("postgres").status().up
    assert processes.birth(child.pid) is None


def test_a_frozen_service_is_seen_and_thawed(own: Stack) -> None:
    service = own.service("postgres")
    pid = service.pid
    service.freeze()
    assert service.status().fault == "frozen"

    own.up()

    assert service.status().up
    assert service.pid == pid


def test_a_lost_pid_file_does_not_lose_the_service(own: Stack) -> None:
    before = pids(own)
    for service in own.services:
        own.home.pid_file(service.name).unlink()

    own.up()

    assert pids(own) == before


def test_a_port_that_someone_took_meanwhile_is_given_up(own: Stack) -> None:
    own.down()
    ports = [service.port for service in own.services] + [own.home.ports.remembered("kafka_controller")]
    squatters = [socket.create_server(("127.0.0.1", port or 0)) for port in ports]
    try:
        env = own.up()
    finally:
        for squatter in squatters:
            squatter.close()

    assert not any(f":{port}" in env[name] for port in ports for name in ("KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL"))
    assert all(state.up for state in own.status())


def test_a_service_that_cannot_start_is_reported_with_its_log_and_the_rest_is_stopped(own: Stack) -> None:
    own.down()
    version = own.home.folder / "postgres" / "data" / "PG_VERSION"
    version.write_text("9\n")
    try:
        with pytest.raises(ServiceAway, match=r"(?s)postgres ended .*postgres\.log.*PostgreSQL version 9"):
            own.up()
        assert pids(own) == [None, None, None]
    finally:
        version.write_text("18\n")


def test_down_stops_everything_and_says_nothing_the_second_time(own: Stack) -> None:
    running = [pid for pid in pids(own) if pid]

    first, second = command(own.home.folder, "down"), command(own.home.folder, "down")

    assert (first.returncode, second.returncode) == (0, 0)
    assert [processes.birth(pid) for pid in running] == [None, None, None]
    assert [state.fault for state in own.status()] == ["down", "down", "down"]


def test_an_interrupt_during_up_leaves_nothing_running(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "home")
    words = [sys.executable, "-m", "lambdameter", "stack", "up", "--home", str(stack.home.folder)]
    starting = subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True)
    wait_until(lambda: stack.service("kafka").pid is not None)

    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=60)

    assert starting.returncode == 130
    assert [service.pid for service in stack.services] == [None, None, None]
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in str(one.info["cmdline"])]
