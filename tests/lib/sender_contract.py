"""What every client behind `Sender` must do; run on the fake and on the real ones."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from producers.sending.block import Block
from producers.sending.sender import Sender

Connect = Callable[[], Sender]
KEYS = [f"device-{number}".encode() for number in range(40)]


def delivered(sender: Sender, block: Block, limit_s: float = 30.0) -> Block:
    """Send the whole block and wait until all of it is settled."""
    ends_s, queued = time.monotonic() + limit_s, 0
    while not block.settled:
        queued += sender.send(block, queued)
        sender.pump(0.1)
        assert time.monotonic() < ends_s, f"{block.acknowledged} of {len(block)} acknowledged"
    return block


class SenderContract:
    """Subclasses give the fixtures `connect`, which opens the client, and `topic`, one of their own."""

    def test_each_message_is_acknowledged_once_at_a_place_of_its_own(self, connect: Connect, topic: str) -> None:
        before_ms = time.time_ns() // 1_000_000
        sender = connect()

        block = delivered(sender, Block(topic, KEYS * 50, [b"%d" % number for number in range(2_000)]))

        places = set(zip(block.partitions, block.offsets, strict=True))
        assert block.acknowledged == len(places) == 2_000
        assert not block.losses
        assert sender.outstanding == 0
        assert before_ms - 5_000 <= min(block.append_ms) <= max(block.append_ms) <= before_ms + 60_000
        sender.close()

    def test_messages_of_one_key_lie_in_one_partition_in_the_order_they_were_sent(
        self, connect: Connect, topic: str
    ) -> None:
        sender = connect()

        block = delivered(sender, Block(topic, KEYS * 50, [b"x"] * 2_000))

        offsets, partitions = defaultdict(list), defaultdict(set)
        for key, partition, offset in zip(block.keys, block.partitions, block.offsets, strict=True):
            offsets[key].append(offset)
            partitions[key].add(partition)
        assert all(len(found) == 1 for found in partitions.values())
        assert len(set.union(*partitions.values())) == 4
        assert all(found == sorted(found) for found in offsets.values())
        sender.close()

    def test_a_key_goes_where_every_client_puts_it(self, connect: Connect, topic: str) -> None:
        sender = connect()

        block = delivered(sender, Block(topic, KEYS[:8], [b"x"] * 8))

        assert list(block.partitions) == PARTITIONS_OF_KEYS
        sender.close()

    def test_a_tombstone_an_empty_value_and_no_key_are_messages_too(self, connect: Connect, topic: str) -> None:
        sender = connect()

        block = delivered(sender, Block(topic, [b"a", b"a", None], [None, b"", b"x"]))

        assert block.acknowledged == 3
        sender.close()

    def test_a_message_too_large_is_lost_for_good_and_the_others_are_not(self, connect: Connect, topic: str) -> None:
        sender = connect()

        block = delivered(sender, Block(topic, [b"a"] * 3, [b"x", b"x" * 5_000_000, b"x"]))

        assert block.acknowledged == 2
        assert block.unacknowledged() == [1]
        assert not block.losses[1].again
        sender.close()

    def test_abandoning_settles_every_message_and_closing_twice_is_harmless(self, connect: Connect, topic: str) -> None:
        sender = connect()
        block = Block(topic, [b"a"] * 500, [b"x"] * 500)
        assert sender.send(block, 0) == 500

        sender.abandon()

        assert block.settled
        assert sender.outstanding == 0
        sender.close()
        sender.close()


PARTITIONS_OF_KEYS = [2, 2, 2, 0, 2, 0, 3, 3]
"""What Kafka's own partitioner (murmur2) makes of the first eight keys in four partitions."""
