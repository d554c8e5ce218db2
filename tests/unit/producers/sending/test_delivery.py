"""Every message handed over ends acknowledged, or in the spill file."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pyarrow as pa
import pytest

from metering.domain.errors import ServiceAway
from metering.telemetry import Log
from producers.sending.block import Block
from producers.sending.delivery import Delivery, GaveUp
from producers.stop import Stop
from tests.lib.fake_sender import FakeSender

LOG = Log("test")


def _block(count: int, first: int = 0) -> Block:
    values = [json.dumps({"event_id": f"e{number}"}).encode() for number in range(first, first + count)]
    facts = pa.table({"number": list(range(first, first + count))})
    return Block("events", [b"k"] * count, values, facts)


def _delivery(sender: FakeSender, folder: Path, settled: list[Block] | None = None, **how: float) -> Delivery:
    return Delivery(
        sender, Stop(), LOG, patience_s=how.get("patience_s", 0.2), unsent=folder / "unsent.jsonl",
        settled=settled.append if settled is not None else None)


def test_all_is_acknowledged_and_no_file_is_made(tmp_path: Path) -> None:
    sender = FakeSender(window=10)
    delivery = _delivery(sender, tmp_path)

    for first in range(0, 100, 25):
        delivery.send(_block(25, first))
    outcome = delivery.finish()

    assert (outcome.sent, outcome.acknowledged, outcome.failed, outcome.unsent) == (100, 100, 0, None)
    assert [json.loads(value or b"")["event_id"] for _, _, value in sender.kept] == [f"e{n}" for n in range(100)]
    assert sender.closed
    assert not list(tmp_path.iterdir())


def test_lost_messages_are_sent_again_with_their_facts(tmp_path: Path) -> None:
    sender, settled = FakeSender(losing=7), list[Block]()
    delivery = _delivery(sender, tmp_path, settled, patience_s=10)

    delivery.send(_block(20))
    outcome = delivery.finish()

    acknowledged = [
        block.facts["number"][index].as_py() for block in settled for index in range(len(block))
        if block.offsets[index] >= 0 and block.facts is not None]
    assert (outcome.acknowledged, outcome.failed) == (20, 0)
    assert sorted(acknowledged) == list(range(20))


def test_what_kafka_never_acknowledged_is_kept_and_the_rest_is_not(tmp_path: Path) -> None:
    sender = FakeSender(window=30)
    delivery = _delivery(sender, tmp_path)
    delivery.send(_block(10))

    sender.away = True
    delivery.send(_block(10, 10))
    with pytest.raises(GaveUp):
        delivery.send(_block(50, 20))
    outcome = delivery.finish()

    assert outcome.unsent == tmp_path / "unsent.jsonl"
    lines = [json.loads(line) for line in outcome.unsent.read_text().splitlines()]
    assert (outcome.sent, outcome.acknowledged, outcome.failed) == (70, 10, 60)
    assert [json.loads(line["value"])["event_id"] for line in lines] == [f"e{n}" for n in range(10, 70)]
    with pytest.raises(ServiceAway, match="60 of 70"):
        outcome.tell(LOG)


def test_what_was_lost_is_kept_where_kafka_goes_away_before_another_try(tmp_path: Path) -> None:
    sender = FakeSender(losing=5)
    delivery = _delivery(sender, tmp_path)

    delivery.send(_block(5))
    sender.away = True
    outcome = delivery.finish()

    assert outcome.failed == 5
    assert len((tmp_path / "unsent.jsonl").read_text().splitlines()) == 5


def test_messages_lost_for_good_are_kept_while_the_others_go_on(tmp_path: Path) -> None:
    delivery = _delivery(FakeSender(), tmp_path)

    delivery.send(Block("events", [b"k"] * 3, [b"a", b"x" * 2_000_000, b"c"]))
    outcome = delivery.finish()

    assert (outcome.acknowledged, outcome.failed) == (2, 1)
    assert len((tmp_path / "unsent.jsonl").read_text().splitlines()) == 1


def test_an_older_spill_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "unsent.jsonl").write_text("older\n")
    delivery = _delivery(FakeSender(away=True), tmp_path)

    delivery.send(_block(1))
    outcome = delivery.finish()

    assert outcome.unsent == tmp_path / "unsent-2.jsonl"
    assert (tmp_path / "unsent.jsonl").read_text() == "older\n"


def test_a_lost_event_is_named_with_topic_key_event_id_and_its_first_characters(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = _delivery(FakeSender(away=True), tmp_path)

    with caplog.at_level(logging.ERROR):
        delivery.send(_block(50))
        delivery.finish()

    named = [record.__dict__["facts"] for record in caplog.records if record.levelno == logging.ERROR]
    assert len(named) == 10
    assert named[0] == {
        "topic": "events", "key": "k", "event_id": "e0", "begins": '{"event_id": "e0"}', "why": "Kafka did not answer"}


def test_a_second_ctrl_c_ends_the_waiting_at_once(tmp_path: Path) -> None:
    stop = Stop()
    delivery = Delivery(FakeSender(away=True), stop, LOG, patience_s=600, unsent=tmp_path / "unsent.jsonl")
    delivery.send(_block(5))

    stop.ask()
    stop.ask()
    outcome = delivery.finish()

    assert outcome.failed == 5
    assert outcome.elapsed_s < 5
