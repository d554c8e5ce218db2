"""A scene: a deployment, the seeded generator of what is drawn, the load, and what was said and found."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local_stack import Stack
from tests.drills.lag import Ends, behind, log_ends
from tests.drills.load import Load, audience, generate
from tests.drills.record import Record
from tests.lib.contents import contents, contents_hash
from tests.lib.layers import Deployment, finished
from tests.lib.running import Running, until

KEEPS_NO_TRUTH = ("listens", "clicks")
"""Topics of the audience, whose producer keeps no account of what was acknowledged."""

_FRESH_S = 15.0
"""Three slices of the usual length: of what is older, nothing waits where there is no lag."""


@dataclass
class Scene:
    """Where one drill happens. `speed` and `batch` are the layers it has running, if any."""

    layers: Deployment
    template: str
    record: Record
    rng: random.Random
    speed: Running | None = None
    batch: Running | None = None
    loads: list[Load] = field(default_factory=list)
    unrecorded: set[str] = field(default_factory=set)

    @property
    def stack(self) -> Stack:
        """The services it may hurt."""
        return self.layers.stack

    @property
    def seed(self) -> int:
        return self.record.seed

    @property
    def short(self) -> bool:
        """Whether it is played in its short form."""
        return self.record.short

    def say(self, what: str, **numbers: Any) -> None:
        """A line of what is done."""
        self.record.note(what, numbers)

    def demand(self, what: str, holds: bool, **numbers: Any) -> None:
        """Something that has to hold: where it does not, the drill goes on, and fails at its end."""
        self.record.note(what, numbers, bool(holds))

    def generate(self, *options: str, stream: str = "devices") -> Load:
        """Start a generator beside the drill, with options as its command takes them; `settle` waits for its end."""
        number = len(self.loads)
        load = generate(self.layers, stream, *options, seed=self.seed + number, folder=f"truth-{number}")
        self.loads.append(load)
        return load

    def audience(self, *options: str) -> Load:
        """Start plays and clicks beside the drill."""
        self.unrecorded.update(KEEPS_NO_TRUTH)
        load = audience(self.layers, *options, seed=self.seed)
        self.loads.append(load)
        return load

    def wait_for_load(self) -> None:
        """Wait until every generator has connected and sent something."""
        wanted = {load.stream for load in self.loads if load.truth}
        until(lambda: wanted <= {topic for (topic, _), end in self.ends().items() if end}, f"events of {wanted}")

    def start_speed(self, *arguments: str) -> Running:
        """Start the streaming job and wait until it counts."""
        self.speed = self.layers.start("speed_layer", *arguments)
        self.speed.wait_for("counting")
        return self.speed

    def start_batch(self, every_s: float) -> Running:
        """Start the batch layer, run after run."""
        self.batch = self.layers.start("batch_layer", "--every", f"{every_s:g}")
        return self.batch

    def stop_layers(self) -> None:
        """SIGTERM to what runs of both; each has to end with 0."""
        for running in (self.speed, self.batch):
            if running is not None:
                if running.status is None:
                    running.signal(signal.SIGTERM)
                ended = finished(running)
                assert ended.status == 0, ended.text[-4000:]
        self.speed = self.batch = None

    def ends(self) -> Ends:
        """The ends of every topic of the broker."""
        return log_ends(self.layers)

    def lag(self) -> int:
        """Records of all topics that are in Kafka and not counted."""
        return behind(self.layers, self.ends())

    def catch_up(self, within_s: float = 180) -> float:
        """Wait for lag 0 under load: all that Kafka held at one moment is counted a few slices later. Gives how long
        it took in seconds.
        """
        started, taken_s = time.monotonic(), _FRESH_S + 1
        while taken_s > _FRESH_S:
            ends, began = self.ends(), time.monotonic()
            until(partial(self._is_counted, ends), "what Kafka held is counted", within_s)
            taken_s = time.monotonic() - began
        return round(time.monotonic() - started, 1)

    def _is_counted(self, ends: Ends) -> bool:
        if self.speed is not None:
            assert self.speed.status is None, f"the streaming job ended by itself:\n{self.speed.text[-4000:]}"
        return behind(self.layers, ends) == 0

    def wait_until_counted(self, within_s: float = 300) -> None:
        """Wait for lag 0 of all topics; the load has ended."""
        ends = self.ends()
        until(partial(self._is_counted, ends), f"lag 0 (ends {ends})", within_s)

    def settle(self, within_s: float = 600) -> None:
        """Let the load end and both layers catch up, and stop them: lag 0, the batch layer run."""
        for load in self.loads:
            load.finish(within_s)
        if self.speed is not None and self.speed.status is None:
            self.wait_until_counted(within_s)
        else:
            self.layers.must("speed_layer", "--once")
        self.stop_layers()
        self.layers.must("batch_layer")
        self.demand("lag 0 once all was sent", self.lag() == 0)

    def repeat_layers(self) -> None:
        """Each layer once more, at the same time, where nothing is new."""
        again = [self.layers.start("speed_layer", "--once"), self.layers.start("batch_layer")]
        for ended in map(finished, again):
            assert ended.status == 0, ended.text[-4000:]

    def judge(self) -> None:
        """The independent checker, then both layers once more: the contents have to stay as they are."""
        if self.speed or self.batch or not all(load.ended for load in self.loads):
            self.settle()
        self.check("at the end")
        self._repeat()
        self.record.judged = True

    def check(self, when: str) -> None:
        """I1–I5 and I7 of every topic that was used, by the independent checker. Wants both layers at rest."""
        try:
            self.layers.check(*sorted(self.unrecorded))
        except AssertionError as broken:
            for line in str(broken).strip().splitlines():
                self.record.note(line.rstrip(), {}, False if " BROKEN " in line else None)
            self.demand(f"the independent checker finds nothing {when}", False)
            return
        self.demand(f"the independent checker finds nothing {when}", True)

    def _repeat(self) -> None:
        """I6. Where an hour ended meanwhile, which may make hours final and periods due, it is asked once more."""
        for _ in range(2):
            hour, before = datetime.now(UTC).hour, contents(self.layers.database_url)
            hash_before = contents_hash(self.layers.database_url)
            self.repeat_layers()
            same = contents_hash(self.layers.database_url) == hash_before
            if same or datetime.now(UTC).hour == hour:
                break
        numbers = {} if same else {"differ": _differing(before, contents(self.layers.database_url))}
        self.demand("I6 both layers run once more leave the same contents", same, hash=hash_before[:12], **numbers)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """By table that changed: some rows that went, some that came."""
    return {
        name: {"went": [row for row in before[name] if row not in after[name]][:3],
               "came": [row for row in after[name] if row not in before[name]][:3]}
        for name in before if before[name] != after[name]}
