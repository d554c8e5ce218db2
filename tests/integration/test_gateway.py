"""The gateway on real Kafka: what it answered ok is there once, whatever happened to it on the way."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psutil
import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from metering.arrow.archive import Archive
from metering.settings import KafkaSettings
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until
from tests.lib.sample_clients import SampleClient, Sent, samples, send_all
from tests.lib.topic_content import content

pytestmark = pytest.mark.stack

TOPIC = "resource_usage"
CLIENTS, LINES = 50, 108_000
ACKNOWLEDGED = 100_000
"""At least: a kill leaves up to a window of each client that does not send again unsure."""

STAMPED_CLIENTS = 25
HDFS_LINES, HDFS_OUTAGE_S = 108_000, 20.0
SERVICES = ("web", "database", "cache")
"""Of the clients that make ids of their own and send again; the others have the service `worker`."""

Totals = dict[tuple[str, int], tuple[Decimal | float | None, ...]]
"""By service or machine and minute (epoch seconds): samples, and the sums of cpu, ram and disk."""

Percent = Callable[[str], Decimal | None]


@pytest.fixture
def layers(stack: Stack, migrated_template: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployed(stack, migrated_template, tmp_path) as layers:
        yield layers


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gateway(layers: Deployment, port: int, *options: str, **settings: str) -> Running:
    running = layers.start("producers", "gateway", "--port", str(port), *options, **settings)
    running.wait_for("taking samples", within_s=60)
    return running


def ended(running: Running) -> None:
    """End it in order: everything is published, and it ends with 0."""
    running.signal(signal.SIGTERM)
    assert running.wait(60) == 0, running.text[-3000:]
    assert not running.traces


def clients_of(
    lines: int = LINES, clients: int = CLIENTS, stamped: int = STAMPED_CLIENTS, *, patient: bool = False
) -> list[SampleClient]:
    """`stamped` of them leave time and id to the gateway and do not send again what may have been kept. `patient`:
    a line that the archive did not take is sent again a little later."""
    share, start_s = lines // clients, float(int(time.time()) - 3_000)
    return [
        SampleClient(
            deque(samples(
                range(one * share, (one + 1) * share), one, "worker" if one < stamped else SERVICES[one % 3],
                start_s, 1_800, own_id=one >= stamped)),
            sends_again=one >= stamped, patient=patient)
        for one in range(clients)]


class Load:
    """The clients at work in a thread of their own."""

    def __init__(self, clients: list[SampleClient], port: int) -> None:
        self.clients = clients
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, args=(port,), daemon=True)
        self._thread.start()

    def _run(self, port: int) -> None:
        began = time.monotonic()
        asyncio.run(send_all(self.clients, port))
        self.seconds = time.monotonic() - began

    @property
    def acknowledged(self) -> int:
        return sum(len(client.acknowledged) for client in self.clients)

    def wait_until(self, share: float) -> None:
        total = self.acknowledged + sum(len(client.waiting) + len(client.unsure) for client in self.clients)
        until(lambda: self.acknowledged >= share * total, f"{share:.0%} are acknowledged")

    def wait(self, within_s: float = 400) -> None:
        self._thread.join(within_s)
        assert not self._thread.is_alive(), f"{self.acknowledged} acknowledged after {within_s:.0f} s"


def in_kafka(layers: Deployment) -> list[dict[str, object]]:
    """Every message of the topic, parsed."""
    kafka = KafkaSettings(layers.stack.env()["KAFKA_BOOTSTRAP_SERVERS"])
    return [json.loads(record.value or b"") for record in content(kafka, TOPIC)]


def once(messages: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """One message of each identity; a repeat has to have the same content."""
    first: dict[object, dict[str, object]] = {}
    for message in messages:
        assert first.setdefault(message["event_id"], message) == message
    return list(first.values())


def totals(found: Iterable[tuple[str, float, Percent]]) -> Totals:
    """Of service or machine, time and what gives a percentage by its name."""
    sums: dict[tuple[str, int], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for service, timestamp, percent in found:
        row = sums[service, int(timestamp) // 60 * 60]
        row[0] += 1
        for place, name in enumerate(("cpu", "ram", "disk"), 1):
            row[place] += percent(name) or 0
    return {key: tuple(row) for key, row in sums.items()}


def peaks(found: Iterable[tuple[str, float, Percent]]) -> Totals:
    """The highest cpu of each service and minute, and its first time."""
    highest: Totals = {}
    for service, timestamp, percent in found:
        key, cpu = (service, int(timestamp) // 60 * 60), percent("cpu")
        if cpu is not None:
            highest[key] = min(highest.get(key, (-cpu, timestamp)), (-cpu, timestamp))
    return {key: (-row[0], row[1]) for key, row in highest.items()}


def seen_by(field: str, samples: Iterable[dict[str, object]]) -> list[tuple[str, float, Percent]]:
    return [(str(one[field]), float(str(one["timestamp"])), Sent(0, one).percent) for one in samples]


def of_senders(sent: Iterable[Sent], field: str = "service") -> Totals:
    return totals(seen_by(field, (one.fields for one in sent)))


def of_messages(messages: Iterable[dict[str, object]], field: str = "service") -> Totals:
    return totals(seen_by(field, messages))


def assert_kafka_has_it_once(load: Load, messages: list[dict[str, object]]) -> None:
    """Every acknowledged sample, once in effect and as it was sent; and none that was never sent."""
    own = [one for client in load.clients if client.sends_again for one in client.acknowledged]
    stamped = [one for client in load.clients if not client.sends_again for one in client.acknowledged]
    unsure = [one for client in load.clients for one in client.unsure]
    distinct = once(messages)
    times = Counter(message["number"] for message in distinct)
    assert set(times.values()) == {1}
    assert {one.number for one in own + stamped} <= set(times) <= {one.number for one in own + stamped + unsure}
    by_number = {message["number"]: message for message in distinct}
    for one in own:
        assert by_number[one.number] == one.fields | {"number": one.number}
    for one in stamped:
        kept = by_number[one.number]
        assert kept.items() >= one.fields.items()
        assert kept.keys() - one.fields.keys() == {"event_id", "timestamp", "number"}
    assert of_messages(message for message in distinct if message["service"] != "worker") == of_senders(own)


def served(layers: Deployment) -> Totals:
    rows = layers.rows(
        "SELECT service, extract(epoch FROM time_stamp)::bigint, msg_num, cpu, ram, disk FROM service_minute")
    return {(service, minute): (number, cpu, ram, disk) for service, minute, number, cpu, ram, disk in rows}


def served_machines(layers: Deployment) -> Totals:
    rows = layers.rows(
        "SELECT machine_id, extract(epoch FROM minute)::bigint, samples, cpu, ram, cpu_percent_s, sampled_s"
        " FROM machine_minute")
    assert all((cpu, number) == (percent_s, known) for _, _, number, cpu, _, percent_s, known in rows)
    return {(machine, minute): (number, cpu, ram) for machine, minute, number, cpu, ram, _, _ in rows}


def served_peaks(layers: Deployment) -> Totals:
    rows = layers.rows(
        "SELECT service, extract(epoch FROM time_stamp)::bigint, max_cpu, extract(epoch FROM max_cpu_time)"
        " FROM service_minute")
    return {(service, minute): (cpu, float(at)) for service, minute, cpu, at in rows}


def without_disk(sums: Totals) -> Totals:
    return {key: row[:3] for key, row in sums.items()}


def archived_ids(layers: Deployment) -> list[str]:
    """The event_id of every archived sample, once for each identity, by the files that are listed."""
    archive = Archive(layers.environment()["LAMBDAMETER_ARCHIVE"])
    paths = layers.rows("SELECT path FROM archive_file WHERE superseded IS NULL AND topic = %s", TOPIC)
    tables = [
        pq.read_table(archive.full(path), filesystem=archive.files, partitioning=None).select(["event_id", "timestamp"])
        for (path,) in paths]
    hours = {
        (at.replace(minute=0, second=0, microsecond=0), name)
        for table in tables for name, at in zip(*(column.to_pylist() for column in table.columns), strict=True)}
    return [name for _, name in hours]


def assert_layers_have_it_once(layers: Deployment, load: Load, messages: list[dict[str, object]]) -> None:
    """After both layers: archived once in effect, proven, and every sum and peak that of the senders themselves."""
    own = [one for client in load.clients if client.sends_again for one in client.acknowledged]
    distinct, by_minute = once(messages), served(layers)
    assert sorted(archived_ids(layers)) == sorted(str(message["event_id"]) for message in distinct)
    assert {key: row for key, row in by_minute.items() if key[0] != "worker"} == of_senders(own)
    assert by_minute == of_messages(distinct)
    machines = {one.fields["machine_id"] for one in own}
    by_machine = served_machines(layers)
    assert {key: row for key, row in by_machine.items() if key[0] in machines} == without_disk(
        of_senders(own, "machine_id"))
    assert by_machine == without_disk(of_messages(distinct, "machine_id"))
    expected = peaks(seen_by("service", distinct))
    assert {key: row[0] for key, row in served_peaks(layers).items()} == {key: row[0] for key, row in expected.items()}
    assert all(abs(at - float(str(expected[key][1]))) < 2e-6 for key, (_, at) in served_peaks(layers).items())
    [(proofs, broken)] = layers.rows("SELECT count(*), count(*) FILTER (WHERE NOT ok) FROM proof")
    assert (proofs > 0, broken) == (True, 0)
    assert layers.rows("SELECT count(*) FROM dead_letter") == [(0,)]


def test_100_000_samples_of_50_clients_through_a_gateway_killed_three_times(
    layers: Deployment,
) -> None:
    port = free_port()
    running = gateway(layers, port)
    load = Load(clients_of(), port)
    for share in (0.2, 0.5, 0.8):
        load.wait_until(share)
        running.kill()
        running = gateway(layers, port)
    load.wait()
    print(f"{load.acknowledged} acknowledged in {load.seconds:.1f} s, {load.acknowledged / load.seconds:.0f} a second")
    assert load.acknowledged >= ACKNOWLEDGED
    ended(running)

    messages = in_kafka(layers)
    print(f"{len(messages)} messages for {len(once(messages))} samples")
    assert not any(client.refused for client in load.clients)
    assert_kafka_has_it_once(load, messages)

    layers.must("speed_layer", "--once")
    assert sum(row[0] for row in served(layers).values()) == len(messages)
    layers.must("batch_layer")
    assert_layers_have_it_once(layers, load, messages)


def test_kafka_away_is_said_and_caught_up_and_nobody_waits_for_it(layers: Deployment) -> None:
    kafka, port = layers.stack.service("kafka"), free_port()
    layers.samples.create()
    running = gateway(layers, port)
    kafka.kill()
    try:
        load = Load(clients_of(2_000, 10, 5), port)
        load.wait(30)
        running.wait_for("samples wait on disk", within_s=30)
        running.kill()
        running = gateway(layers, port)
    finally:
        kafka.start()
        kafka.wait_ready()
    until(lambda: len(once(in_kafka(layers))) == 2_000, "all are in Kafka", 90)

    ended(running)
    assert load.acknowledged == 2_000
    assert_kafka_has_it_once(load, in_kafka(layers))


def test_an_archive_that_is_full_is_told_and_takes_lines_again_and_only_what_was_answered_ok_is_kept(
    layers: Deployment,
) -> None:
    port = free_port()
    running = gateway(layers, port)
    program = psutil.Process(running.pid)
    load = Load(clients_of(1_000, 10, 10), port)
    load.wait()
    # A limit on the size of its files fails its writes halfway, as a full disk does.
    program.rlimit(psutil.RLIMIT_FSIZE, (day_file(layers).stat().st_size + 1_000, resource.RLIM_INFINITY))
    refused = Load(clients_of(1_000, 10, 10), port)
    refused.wait()
    program.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = Load(clients_of(1_000, 10, 10), port)
    after.wait()
    ended(running)

    errors = [answer for client in refused.clients for answer in client.refused]
    ok = load.acknowledged + refused.acknowledged + after.acknowledged
    assert {answer.split()[1] for answer in errors} == {"archive:"}
    assert len(errors) > 500
    assert load.acknowledged == after.acknowledged == 1_000
    assert len(in_kafka(layers)) == ok == 3_000 - len(errors)
    assert len([line for line in day_file(layers).read_bytes().split(b"\n") if line]) == ok


def day_file(layers: Deployment) -> Path:
    return next((layers.archive / "inbox").glob("*.jsonl"))


def test_a_second_gateway_of_the_inbox_ends_with_status_5_and_a_port_in_use_with_2(
    layers: Deployment, tmp_path: Path
) -> None:
    port = free_port()
    running = gateway(layers, port)

    second = layers.run("producers", "gateway", "--port", "0")
    elsewhere = layers.run("producers", "gateway", "--port", str(port), LAMBDAMETER_ARCHIVE=str(tmp_path / "other"))

    assert (second.status, elsewhere.status) == (5, 2)
    assert "another gateway has the inbox" in second.text.splitlines()[-1]
    assert f"--port {port}" in elsewhere.text.splitlines()[-1]
    ended(running)


@pytest.fixture(scope="module")
def hdfs(stack: Stack) -> Iterator[Stack]:
    """The run's stack with HDFS beside it."""
    wider = Stack(stack.home.folder, with_=["hdfs"])
    wider.up()
    yield wider
    for name in ("datanode", "namenode"):
        wider.service(name).stop()


def test_samples_through_a_gateway_on_hdfs_killed_three_times_and_its_datanode_away_for_20_s(
    layers: Deployment, hdfs: Stack
) -> None:
    layers.settings["LAMBDAMETER_ARCHIVE"] = f"{hdfs.env()['LAMBDAMETER_HDFS']}/archive-{uuid4().hex[:8]}"
    port, datanode = free_port(), hdfs.service("datanode")
    running = gateway(layers, port)
    load = Load(clients_of(HDFS_LINES, patient=True), port)
    for share in (0.2, 0.4):
        load.wait_until(share)
        running.kill()
        running = gateway(layers, port)
    load.wait_until(0.5)
    datanode.kill()
    time.sleep(HDFS_OUTAGE_S)
    before = load.acknowledged
    datanode.start()
    datanode.wait_ready()
    until(lambda: load.acknowledged > before, "lines are taken again", 90)
    load.wait_until(0.7)
    running.kill()
    running = gateway(layers, port)
    load.wait()
    assert load.acknowledged >= ACKNOWLEDGED
    print(f"{load.acknowledged} acknowledged in {load.seconds:.1f} s on HDFS")
    until(lambda: sum(layers.samples.ends().values()) >= load.acknowledged, "the publisher has caught up", 90)
    ended(running)

    messages = in_kafka(layers)
    assert_kafka_has_it_once(load, messages)
    layers.must("speed_layer", "--once")
    layers.must("batch_layer")
    assert_layers_have_it_once(layers, load, messages)
