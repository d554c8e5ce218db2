"""A way to send: to Kafka (delivery.py) or to a gateway (tcp.py)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

from metering.domain.event import Reason
from metering.domain.stream import Stream
from metering.telemetry import Log
from producers.sending.block import Block
from producers.sending.counts import Counts
from producers.sending.outbox import Outbox
from producers.sending.outcome import Outcome
from producers.sending.tcp import TcpDelivery
from producers.stop import Stop
from producers.targets import Target


class Way(Protocol):
    """Every message handed over ends acknowledged, or in a file from which it can be sent again."""

    def send(self, block: Block) -> None:
        """Hand messages over. Raises GaveUp where the other side was silent for longer than we wait."""

    def tend(self) -> None:
        """Look after what is under way. Raises GaveUp."""

    def finish(self) -> Outcome:
        """Wait for the rest for a while, keep what was not acknowledged, close."""

    @property
    def counts(self) -> Counts: ...

    @property
    def condition(self) -> str:
        """How it fares, in words for a person."""


def to_gateway(target: Target, stream: Stream, unsent: Path, stop: Stop, log: Log) -> TcpDelivery:
    """A way to the gateway at `target` for messages of a stream. Raises BadSettings where `unsent` is not fit."""
    outbox = Outbox(unsent, stream.topic, log)
    return TcpDelivery(target.host, target.port, outbox, stop, log, about_a_line=partial(about_a_line, stream))


def about_a_line(stream: Stream, said: str) -> bool:
    """Whether a gateway's `field: why` names a field of a sample, or rejects the line as a whole."""
    field, _, why = said.partition(": ")
    fields = {name for declared in stream.all_fields for name in declared.names}
    return field in fields or (field == "line" and why.partition(":")[0] in Reason.__members__)
