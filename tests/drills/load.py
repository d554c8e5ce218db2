"""Load from the seeded producers in processes of their own, whose truths the checker compares."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from pathlib import Path

from tests.lib.layers import Deployment
from tests.lib.running import Running

_ENDS_WITHIN_S = 120.0


@dataclass
class Load:
    """A producer at work. `truth`: where it keeps what Kafka acknowledged; None where it keeps no account."""

    layers: Deployment
    stream: str
    running: Running
    truth: Path | None
    ended: bool = field(default=False, init=False)

    def stop(self) -> None:
        """End it in order: what is under way is delivered, the truth written. Stopped before: nothing."""
        if not self.ended and self.running.status is None:
            self.running.signal(signal.SIGTERM)
        self.finish()

    def finish(self, within_s: float = _ENDS_WITHIN_S) -> None:
        """Wait until all is sent, and hand the truth to the checker. A producer that fails fails the drill."""
        if self.ended:
            return
        status = self.running.wait(within_s)
        assert status == 0, f"the producer of {self.stream} ended with {status}:\n{self.running.text[-4000:]}"
        self.ended = True
        if self.truth:
            self.layers.take_truth(self.truth)


def generate(layers: Deployment, stream: str, *options: str, seed: int, folder: str) -> Load:
    """Start the generator of a stream; `options` say when, how many and how fast."""
    truth = layers.folder / folder
    running = layers.start(
        "producers", "generate", "--stream", stream, *options, "--seed", str(seed), "--truth", str(truth),
        "--client", "confluent")
    return Load(layers, stream, running, truth)


def audience(layers: Deployment, *options: str, seed: int) -> Load:
    """Start live plays and clicks; `options` say how many and how fast. It keeps no truth."""
    running = layers.start("producers", "audience", *options, "--seed", str(seed), "--client", "confluent")
    return Load(layers, "audience", running, None)
