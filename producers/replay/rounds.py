"""The two rounds over a file: all of it is checked, then it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from tqdm import tqdm

from metering.domain.errors import BadSettings
from metering.telemetry import Log
from producers.replay.messages import Message
from producers.sending.block import Block
from producers.sending.delivery import Delivery, GaveUp

_BLOCK = 1_000
_SHOWN = 20


def check(file: Path, messages: Iterable[Message], log: Log, *, skip_bad: bool) -> int:
    """How many messages there are to send. Raises BadSettings that names the rows which make none."""
    good, faults, shown = 0, 0, []
    for message in tqdm(messages, unit="row", desc="checking", disable=None):
        if not message.fault:
            good += 1
            continue
        faults += 1
        if faults <= _SHOWN:
            shown.append(f"{file}, line {message.number}: {message.fault}")
    if faults and not skip_bad:
        raise BadSettings([*shown, f"{faults} of {good + faults} rows make no event, and nothing was sent; mend "
                           "them, leave them out with --skip-bad, or send JSON lines as they are with --raw"])
    for line in shown:
        log.warning("row left out", row=line)
    if faults:
        log.warning("rows left out", rows=faults)
    return good


def send(messages: Iterable[Message], delivery: Delivery, total: int) -> int:
    """Send what has no fault, in the file's order; gives the number of the last row handed over, 0 for none."""
    last = 0
    with tqdm(total=total, unit="row", desc="sending", disable=None) as progress, suppress(GaveUp):
        for piece in _pieces(message for message in messages if not message.fault):
            last = piece[-1].number
            delivery.send(_block(piece))
            progress.update(len(piece))
    return last


def _pieces(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Runs of one topic, of a block's length at most."""
    for _, run in groupby(messages, key=lambda message: message.topic):
        piece: list[Message] = []
        for message in run:
            piece.append(message)
            if len(piece) == _BLOCK:
                yield piece
                piece = []
        if piece:
            yield piece


def _block(piece: list[Message]) -> Block:
    return Block(piece[0].topic, [message.key for message in piece], [message.value for message in piece])
