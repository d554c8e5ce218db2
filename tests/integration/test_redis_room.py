"""metering.redis on a real Redis: runs published whole, spoilt keys, a server that is frozen, killed or emptied."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from redis import Redis as Client

from local_stack.redis import Redis
from metering.domain.customer import Customer
from metering.domain.errors import ServiceAway
from metering.redis import keys
from metering.redis.connection import connect
from metering.redis.customers import save_customers
from metering.redis.offer_set import CursorMoved, add_offers, offered, read_cursor
from metering.redis.scores import publish_scores, read_block, read_model
from tests.lib.redis_server import redis_server

pytestmark = pytest.mark.stack

ANA = Customer("c1", "Ana Pérez", "31", "F", "80302", "1 Main St", "2013-02-17", "1", "GOLD", "", "1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(tmp_path_factory.mktemp("room")) as server:
        yield server


@pytest.fixture
def client(server: Redis) -> Iterator[Client]:
    """A client of an empty Redis."""
    with connect(server.env()["REDIS_URL"]) as client:
        client.flushall()
        yield client


def run_of(version: int, *customers: str) -> dict[str, tuple[str, str]]:
    """A run in which every score names its version."""
    return {customer: (str(version % 2), f"score {version}") for customer in customers}


def test_what_is_saved_and_published_is_read_in_the_order_asked(client: Client) -> None:
    save_customers(client, [ANA])
    published = publish_scores(client, "the model", run_of(3, "c1", "c2"), 3)

    none, scored, whole = read_block(client, ["c9", "c2", "c1"])

    assert published == 2
    assert (none.customer, none.prediction, none.score) == ({}, None, None)
    assert (scored.customer, scored.prediction, scored.score) == ({}, "1", "score 3")
    assert (whole.customer, whole.customer_fault, whole.score_fault) == (ANA.record, None, None)
    assert read_model(client, 3) == "the model"
    assert read_model(client, 4) is None


def test_a_block_without_customers_asks_nothing() -> None:
    assert read_block(connect("redis://127.0.0.1:1/0"), []) == []


def test_a_customer_replaces_whatever_lay_under_the_key(client: Client) -> None:
    client.rpush("c1", "a list")
    client.hset("c2", mapping={"level": "FREE", "of_others": "x"})

    assert save_customers(client, [ANA, Customer(**(vars(ANA) | {"id": "c2"}))]) == 2

    assert [one.customer for one in read_block(client, ["c1", "c2"])] == [ANA.record, ANA.record]
    assert client.hexists("c2", "of_others") is False


def test_a_run_replaces_the_one_before_as_a_whole(client: Client) -> None:
    for version in (1, 2, 3):
        customers = [f"c{version + one}" for one in range(1500)]
        publish_scores(client, f"model {version}", run_of(version, *customers), version)

    gone, *_, kept = read_block(client, ["c1", "c2", "c3"])
    found = {str(key, "utf-8") for key in client.keys("*")}

    assert (gone.prediction, gone.score, kept.score) == (None, None, "score 3")
    assert {str(member, "utf-8") for member in client.smembers(keys.INDEX)} == {f"c{3 + one}" for one in range(1500)}
    assert {key for key in found if key.startswith("model:")} == {"model:2", "model:3"}
    assert len(found) == 2 * 1500 + 3


def test_an_empty_run_leaves_nobody_a_score(client: Client) -> None:
    publish_scores(client, "model 1", run_of(1, "c1"), 1)

    assert publish_scores(client, "model 2", {}, 2) == 0

    assert read_block(client, ["c1"])[0].score is None


def test_an_id_that_would_be_a_key_of_ours_is_neither_published_nor_read(client: Client) -> None:
    assert publish_scores(client, "model 1", run_of(1, "index", "score:c1", "c1"), 1) == 1

    assert {one.score for one in read_block(client, ["index", "score:c1", keys.OFFERED])} == {None}
    assert client.smembers(keys.INDEX) == {b"c1"}


def test_a_reader_sees_no_half_run_while_runs_follow_one_another(client: Client, server: Redis) -> None:
    customers, over, seen = [f"c{one}" for one in range(2500)], threading.Event(), set()
    publish_scores(client, "model 0", run_of(0, *customers), 0)

    def read() -> None:
        with connect(server.env()["REDIS_URL"]) as own:
            while not over.is_set():
                seen.add(frozenset((one.prediction, one.score) for one in read_block(own, customers[::2499])))

    reader = threading.Thread(target=read)
    reader.start()
    for version in range(1, 25):
        publish_scores(client, f"model {version}", run_of(version, *customers), version)
    over.set()
    reader.join(timeout=10)

    assert len(seen) > 1
    assert all(len(block) == 1 for block in seen)


def test_a_run_published_meanwhile_by_another_is_not_mixed_with_ours(client: Client, server: Redis) -> None:
    publish_scores(client, "model 1", run_of(1, "c1", "c2"), 1)

    def both(version: int, customer: str) -> None:
        with connect(server.env()["REDIS_URL"]) as own:
            for _ in range(20):
                with suppress(ServiceAway):
                    publish_scores(own, f"model {version}", run_of(version, customer), version)

    threads = [threading.Thread(target=both, args=(2, "c1")), threading.Thread(target=both, args=(3, "c2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    scores = [one.score for one in read_block(client, ["c1", "c2"])]
    assert scores in (["score 2", None], [None, "score 3"])


SPOILT = {
    "another type": lambda client, key: client.delete(key) and client.rpush(key, "x"),
    "bytes that are no text": lambda client, key: client.set(key, b"\xff\xfe"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_score_is_that_customers_fault_alone(client: Client, how: str) -> None:
    save_customers(client, [ANA, Customer(**(vars(ANA) | {"id": "c2"}))])
    publish_scores(client, "model 1", run_of(1, "c1", "c2"), 1)
    SPOILT[how](client, "score:c1")
    SPOILT[how](client, "pred_event:c1")

    spoilt, sound = read_block(client, ["c1", "c2"])

    assert spoilt.score_fault
    assert (spoilt.score, spoilt.prediction, spoilt.customer) == (None, None, ANA.record)
    assert (sound.score, sound.prediction, sound.score_fault) == ("score 1", "1", None)


@pytest.mark.parametrize(("field", "value"), [
    ("level", b"unknown"), ("level", b""), ("name", b"\xff"), ("address", b"a\0b"), ("name", b"x" * 1001)])
def test_a_record_that_no_table_can_hold_is_a_fault(client: Client, field: str, value: bytes) -> None:
    save_customers(client, [ANA, Customer(**(vars(ANA) | {"id": "c2"}))])
    client.hset("c1", field, value)

    spoilt, sound = read_block(client, ["c1", "c2"])

    assert (spoilt.customer, sound.customer) == ({}, ANA.record)
    assert spoilt.customer_fault is not None
    assert spoilt.customer_fault.startswith(f"{field}: want ")


def test_a_record_of_another_type_or_with_a_field_missing_is_a_fault(client: Client) -> None:
    save_customers(client, [ANA])
    client.hdel("c1", "age")
    client.set("c2", "text")

    lacking, text = read_block(client, ["c1", "c2"])

    assert (lacking.customer, lacking.customer_fault) == ({}, "age: want a value")
    assert text.customer == {} and "WRONGTYPE" in str(text.customer_fault)


def test_publishing_heals_spoilt_keys(client: Client) -> None:
    for key in ("score:c1", "pred_event:c1", "model:1", keys.INDEX):
        client.rpush(key, "x")
    assert read_model(client, 1) is None

    publish_scores(client, "model 1", run_of(1, "c1"), 1)

    assert read_block(client, ["c1"])[0].score == "score 1"
    assert read_model(client, 1) == "model 1"


def test_offers_are_added_with_their_cursor_and_a_repeat_changes_nothing(client: Client) -> None:
    assert read_cursor(client) == {}
    for _ in range(2):
        add_offers(client, ["c1", "c2"], {0: 7, 3: 2})
    add_offers(client, [], {1: 5}, was={})
    add_offers(client, ["c3"], {0: 9}, was={0: 7})

    assert read_cursor(client) == {0: 9, 1: 5, 3: 2}
    assert offered(client) == {"c1", "c2", "c3"}


def test_a_redis_emptied_meanwhile_is_not_given_a_set_that_lacks_what_came_before(client: Client) -> None:
    add_offers(client, ["c1"], {0: 7})
    reached = read_cursor(client)
    client.flushall()

    with pytest.raises(CursorMoved):
        add_offers(client, ["c2"], {0: 9}, was=reached)

    assert (read_cursor(client), offered(client)) == ({}, set())


@pytest.mark.parametrize("spoil", [
    lambda client: SPOILT["another type"](client, keys.OFFERED),
    lambda client: SPOILT["another type"](client, keys.CURSOR),
    lambda client: client.hset(keys.CURSOR, "0", "soon"),
])
def test_a_spoilt_set_or_cursor_goes_with_the_other_and_all_begins_again(client: Client, spoil) -> None:
    add_offers(client, ["c1"], {0: 7})
    spoil(client)

    assert read_cursor(client) == {}
    with pytest.raises(CursorMoved, match="made anew"):
        add_offers(client, ["c2"], {0: 9}, was={})

    assert client.exists(keys.OFFERED, keys.CURSOR) == 0
    add_offers(client, ["c1"], {0: 7}, was={})
    assert offered(client) == {"c1"}


ASKED = {
    "a block": lambda client: read_block(client, ["c1", "c2"]),
    "a model": lambda client: read_model(client, 1),
    "the cursor": read_cursor,
    "the set": offered,
    "offers": lambda client: add_offers(client, ["c1"], {0: 1}),
    "customers": lambda client: save_customers(client, [ANA]),
    "scores": lambda client: publish_scores(client, "m", {"c1": ("1", "s")}, 1),
}


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("what", ASKED)
def test_a_frozen_redis_is_away_within_a_second_or_so(
    client: Client, server: Redis, what: str, connected: bool
) -> None:
    with connect(server.env()["REDIS_URL"]) as own:
        if connected:
            own.ping()
        server.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(ServiceAway):
                ASKED[what](own)
            took_s = time.monotonic() - began
        finally:
            server.thaw()
        ASKED[what](own)

    # One silence of 0.5 s; what watches keys meets a second one when it lets them go.
    assert took_s < (1.0 if what in ("a block", "a model") else 1.6)


def test_a_restarted_redis_has_kept_all_and_its_old_connections_are_made_anew(client: Client, server: Redis) -> None:
    save_customers(client, [ANA])
    add_offers(client, ["c1"], {0: 7})
    server.kill()
    with pytest.raises(ServiceAway):
        read_block(client, ["c1"])

    server.start()
    server.wait_ready()

    assert read_block(client, ["c1"])[0].customer == ANA.record
    assert (read_cursor(client), offered(client)) == ({0: 7}, {"c1"})


def test_a_wrong_password_is_away_and_not_told(server: Redis) -> None:
    url = server.env()["REDIS_URL"].replace(server.home.secret("redis"), "guessed")

    with pytest.raises(ServiceAway) as refused:
        read_block(connect(url), ["c1"])

    assert "guessed" not in str(refused.value)
