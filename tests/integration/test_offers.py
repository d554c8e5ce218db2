"""Offers decided in the stream, on real Kafka, PostgreSQL and Redis: right, in time, and unharmed by any Redis."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from redis import Redis

from local_stack import Stack
from metering.domain.customer import Customer
from metering.domain.offers import Model, Score, predicted, probability
from metering.redis.connection import connect
from metering.redis.customers import save_customers
from metering.redis.offer_set import offered
from metering.redis.scores import publish_scores
from tests.lib.layers import Deployment, deployed
from tests.lib.running import Running, until

pytestmark = pytest.mark.stack

MODEL = Model(("morning", "mobile"), (6.0, -3.0), -1.5, 0.5, "UTC")
CUSTOMERS = [f"c{number}" for number in range(60)]
SLICE_S = 2.0

Play = dict[str, Any]


@dataclass
class Offers:
    """A deployment, and the Redis that its speed layer asks."""

    layers: Deployment
    redis: Redis

    def load(self, customers: Sequence[str] = CUSTOMERS, scored_at: float | None = None) -> dict[str, int]:
        """Load records and scores; gives each customer's prediction. The last ten have no score."""
        save_customers(self.redis, map(record_of, customers))
        at = scored_at or time.time()
        scores = {one: score_of(one, at) for one in customers[:-10]}
        publish_scores(
            self.redis, MODEL.to_json(3),
            {one: (str(predicted(MODEL, score.probability)), score.to_json()) for one, score in scores.items()}, 3)
        return {one: predicted(MODEL, score.probability) for one, score in scores.items()}

    def decided(self) -> list[tuple[Any, ...]]:
        return self.layers.rows("SELECT event_id, customer_id, level, send_event, reason FROM play ORDER BY event_id")

    def reasons(self) -> Counter[str]:
        return Counter(reason for *_, reason in self.decided())

    def wait_for(self, plays: int, within_s: float = 60) -> None:
        until(lambda: len(self.decided()) >= plays, f"{plays} plays decided", within_s)


def record_of(customer: str) -> Customer:
    level = ("FREE", "SILVER", "GOLD")[int(customer[1:]) % 3]
    name = f'Name, "{customer}"'
    return Customer(customer, name, "30", "F", "01000", "1 Main St", "2013-01-01", "1", level, "4", "0")


def score_of(customer: str, at: float) -> Score:
    rolled = random.Random(customer)
    features = {"morning": rolled.random(), "mobile": rolled.random()}
    return Score(features, probability(MODEL, features), 3, at)


def plays_of(number: int, customers: Sequence[str] = CUSTOMERS, prefix: str = "e") -> list[Play]:
    rolled = random.Random(f"{prefix}{number}")
    return [
        {"customer_id": rolled.choice(customers), "track_id": f"t{rolled.randrange(50)}", "is_mobile": one % 2,
         "timestamp": time.time() - rolled.uniform(0, 5), "listening_zip": "01000", "event_id": f"{prefix}-{one:05}"}
        for one in range(number)]


@pytest.fixture
def offers(stack: Stack, migrated_template: str, tmp_path: Path) -> Iterator[Offers]:
    url = stack.env()["REDIS_URL"]
    client = connect(url)
    client.flushdb()
    settings = {"REDIS_URL": url, "LAMBDAMETER_SLICE_S": str(SLICE_S)}
    with deployed(stack, migrated_template, tmp_path, **settings) as layers:
        layers.listens.make_anew()
        yield Offers(layers, client)
    client.flushdb()
    client.close()


def stopped(job: Running) -> None:
    job.interrupt()
    assert job.wait() == 0, job.text


def running(offers: Offers) -> Running:
    job = offers.layers.start("speed_layer", "--stream", "listens")
    job.wait_for("counting")
    return job


def expected_row(play: Play, predictions: Mapping[str, int]) -> tuple[Any, ...]:
    customer = play["customer_id"]
    reason = "scored" if customer in predictions else "no_score"
    return (play["event_id"], customer, record_of(customer).level, predictions.get(customer), reason)


def test_a_thousand_plays_are_decided_right_and_in_time(offers: Offers) -> None:
    predictions = offers.load()
    job = running(offers)
    offers.layers.listens.send(plays_of(10, prefix="warm"))
    offers.wait_for(10)
    plays, waits = plays_of(1000), []
    pieces = [plays[at : at + 50] for at in range(0, 1000, 50)]
    for number, piece in enumerate(pieces):
        marked = {"customer_id": f"x{number}", "track_id": "t", "is_mobile": 0, "timestamp": time.time(),
                  "listening_zip": "01000", "event_id": f"x-{number:05}"}  # fmt: skip
        sent_one(offers, f"x{number}")
        offers.layers.listens.send([*piece, marked])
        waits.append(time_until(lambda name=f"x{number}": offers.redis.sismember("1_day_event_users", name)))
    offers.wait_for(1030)

    assert [row for row in offers.decided() if row[0].startswith("e-")] == [
        expected_row(play, predictions) for play in plays]
    due = {play["customer_id"] for play in [*plays, *plays_of(10, prefix="warm")]}
    assert offered(offers.redis) == {one for one in due if predictions.get(one)} | {f"x{n}" for n in range(20)}
    p95 = sorted(waits)[18]
    print(f"p95 from Kafka to the set {p95:.2f} s, slices of {SLICE_S} s")
    assert p95 <= 2 * SLICE_S
    stopped(job)
    assert_archived(offers)


def sent_one(offers: Offers, customer: str) -> None:
    """Score one more customer, high, beside those who are scored: not by the run, which would replace them."""
    features = {"morning": 1.0, "mobile": 0.0}
    score = Score(features, probability(MODEL, features), 3, time.time())
    save_customers(offers.redis, [record_of(customer)])
    offers.redis.mset({f"score:{customer}": score.to_json(), f"pred_event:{customer}": "1"})


def time_until(holds: Callable[[], object]) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 60
        time.sleep(0.02)
    return time.monotonic() - began


def assert_archived(offers: Offers) -> None:
    """The archive holds each decision as the table does, and features with which it can be made again."""
    kept = offers.layers.rows(
        "SELECT event_id, customer_id, name, level, send_event, reason, probability, model_version, features"
        " FROM play ORDER BY event_id")
    columns = ["event_id", "customer_id", "name", "level", "send_event", "reason", "probability", "model_version",
               "features"]  # fmt: skip
    files = [str(offers.layers.archive / path) for (path,) in offers.layers.rows(
        "SELECT path FROM archive_file WHERE topic = 'listens'")]
    rows = pq.ParquetDataset(files, partitioning=None).read(columns).sort_by("event_id").to_pylist()
    assert [tuple(row.values()) for row in rows] == kept
    for *_, send_event, reason, chance, _, features in kept:
        if reason == "scored":
            assert probability(MODEL, json.loads(features)) == chance
            assert predicted(MODEL, chance) == send_event


def test_no_state_of_redis_stops_the_stream_or_sends_a_wrong_offer(offers: Offers, stack: Stack) -> None:
    predictions = offers.load()
    job = running(offers)
    sent: list[Play] = []

    def play(prefix: str, customers: Sequence[str] = CUSTOMERS[:50]) -> Counter[str]:
        plays = plays_of(40, customers, prefix)
        sent.extend(plays)
        offers.layers.listens.send(plays)
        offers.wait_for(len(sent))
        return Counter(row[4] for row in offers.decided() if row[0].startswith(f"{prefix}-"))

    assert play("a") == {"scored": 40}
    pid = stack.service("redis").pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert play("frozen") == {"redis_away": 40}
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(2.5)
    assert play("b") == {"scored": 40}
    offers.redis.flushdb()
    assert play("emptied") == {"no_customer": 40}
    offers.load(scored_at=time.time() - 3 * 86_400)
    assert play("old") == {"old_score": 40}
    offers.load()
    poison(offers)
    assert play("poisoned", CUSTOMERS[:5]).keys() == {"bad_score", "bad_customer"}
    offers.load()
    offers.redis.delete("model:3")
    stopped(job)
    job = running(offers)
    assert play("modelless") == {"no_model": 40}
    offers.load()
    assert play("c") == {"scored": 40}
    right = {one["customer_id"] for one in sent if one["event_id"].split("-")[0] in ("a", "b", "c")}
    until(lambda: offered(offers.redis) == {one for one in right if predictions[one]}, "the set is whole again")
    assert {row[1] for row in offers.decided() if row[3]} <= {one for one, yes in predictions.items() if yes}
    stopped(job)


def poison(offers: Offers) -> None:
    """A wrong prediction, no score at all, keys of other types, a record that no table can hold."""
    offers.redis.set("pred_event:c0", "0" if offers.redis.get("pred_event:c0") == b"1" else "1")
    offers.redis.set("score:c1", b"\xff\xfe")
    offers.redis.delete("c2")
    offers.redis.lpush("c2", "x")
    offers.redis.hset("c3", "name", "a\0b")
    offers.redis.delete("score:c4")
    offers.redis.lpush("score:c4", "1")
    offers.redis.set("1_day_event_users", "spoilt")


def test_a_stopped_redis_leaves_pages_numbers_and_the_other_streams_alone(offers: Offers, stack: Stack) -> None:
    offers.load()
    stack.service("redis").stop()
    try:
        offers.layers.listens.send(plays_of(50))
        offers.layers.must("speed_layer", "--once", "--stream", "listens")
        assert offers.reasons() == {"redis_away": 50}
        offers.layers.must("batch_layer", "--stream", "listens")
    finally:
        stack.up()
    assert offers.layers.rows("SELECT sum(listens)::bigint, sum(offers)::bigint FROM level_listens") == [(50, 0)]
    assert offers.layers.rows("SELECT count(*) FROM proof WHERE topic = 'listens' AND NOT ok") == [(0,)]


@pytest.mark.parametrize("failpoint", ["speed-mid-file", "speed-before-commit", "speed-after-commit"])
def test_a_kill_in_mid_slice_changes_no_decision(offers: Offers, failpoint: str) -> None:
    predictions = offers.load()
    plays = plays_of(200)
    offers.layers.listens.send([*plays, *plays[:20]])

    offers.layers.kill_at(failpoint, "speed_layer", "--once", "--stream", "listens")
    if failpoint == "speed-after-commit":
        assert offered(offers.redis) <= {one for one, yes in predictions.items() if yes}
    offers.layers.must("speed_layer", "--once", "--stream", "listens")

    assert offers.decided() == [expected_row(play, predictions) for play in plays]
    assert offered(offers.redis) == {one["customer_id"] for one in plays if predictions.get(one["customer_id"])}
    offers.layers.must("batch_layer", "--stream", "listens")
    due = sum(predictions.get(play["customer_id"], 0) for play in plays)
    assert offers.layers.rows("SELECT sum(listens)::bigint, sum(offers)::bigint FROM level_listens") == [(200, due)]
    assert offers.layers.rows("SELECT count(*) FROM proof WHERE topic = 'listens' AND NOT ok") == [(0,)]
