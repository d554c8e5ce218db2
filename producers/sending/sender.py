"""What a Kafka client must do for us. tests/integration/test_producers.py runs one contract on all of them."""

from __future__ import annotations

from typing import Protocol

from producers.sending.block import Block


class Sender(Protocol):
    """Sends blocks with acks=all and idempotence; keyed messages go where Kafka's own clients put them."""

    def send(self, block: Block, start: int) -> int:
        """Queue messages from index `start` on, as many as there is room for, and say how many. Never waits."""

    def pump(self, timeout_s: float) -> None:
        """Let acknowledgements in; returns once some came or the time is over."""

    @property
    def outstanding(self) -> int:
        """Messages queued but neither acknowledged nor lost."""

    def abandon(self) -> None:
        """Give up all that is outstanding: each message becomes a loss. The sender is of no use afterwards."""

    def close(self) -> None:
        """Release the connection. Repeating it does nothing."""
