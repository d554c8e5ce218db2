"""The offset balance: every message of Kafka is in the archive, a dead letter or a recorded gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from metering.domain.spans import DELETED
from serving.queries.snapshot import ask, statement, whole


@dataclass(frozen=True)
class PartitionBalance:
    """One partition. `archived`: its rows in files that count; `lag` is in messages.

    `missed`: offsets stepped over, of them `lost`: records that Kafka deleted before they were read; the others
    never were messages (transaction markers, aborted or compacted records).
    """

    partition: int
    first_offset: int
    next_offset: int
    end_offset: int
    last_append: datetime | None
    archived: int
    dead: int
    missed: int
    lost: int

    @property
    def read(self) -> int:
        """How many offsets the speed layer has passed."""
        return self.next_offset - self.first_offset

    @property
    def lag(self) -> int:
        return max(0, self.end_offset - self.next_offset)

    @property
    def elsewhere(self) -> int:
        """Offsets not accounted for here: 0, unless compacted files do not tell their partitions."""
        return self.read - self.archived - self.dead - self.missed


@dataclass(frozen=True)
class Balance:
    """The topic's partitions, and the rows of compacted files that do not tell their partitions."""

    topic: str
    partitions: list[PartitionBalance]
    compacted: int

    @property
    def read(self) -> int:
        return sum(partition.read for partition in self.partitions)

    @property
    def archived(self) -> int:
        """Rows in all listed files that nothing supersedes."""
        return sum(partition.archived for partition in self.partitions) + self.compacted

    @property
    def dead(self) -> int:
        return sum(partition.dead for partition in self.partitions)

    @property
    def missed(self) -> int:
        return sum(partition.missed for partition in self.partitions)

    @property
    def lost(self) -> int:
        return sum(partition.lost for partition in self.partitions)

    @property
    def lag(self) -> int:
        return sum(partition.lag for partition in self.partitions)

    @property
    def difference(self) -> int:
        """Offsets that nothing accounts for (negative: accounted for twice). Must be 0."""
        return self.read - self.archived - self.dead - self.missed

    @property
    def suspects(self) -> list[int]:
        """The partitions that cannot be right by themselves, whatever the compacted files hold."""
        return [
            partition.partition for partition in self.partitions
            if partition.elsewhere < 0 or (partition.elsewhere > 0 and not self.compacted)]


def balances(topics: Sequence[str]) -> list[Balance]:
    """The balance of each topic as of this snapshot, in the order given; one never read has no partition."""
    rows = ask(statement("balance"), {"topics": list(topics), "lost": DELETED}, lambda **columns: columns)
    found = {topic: _balance(topic, list(of_topic)) for topic, of_topic in groupby(rows, lambda row: row["topic"])}
    return [found.get(topic, Balance(topic, [], 0)) for topic in topics]


def _balance(topic: str, rows: list[dict[str, Any]]) -> Balance:
    partitions = [_partition(row) for row in rows if row["partition"] is not None]
    return Balance(topic, partitions, sum(whole(row["archived"]) for row in rows if row["partition"] is None))


def _partition(row: dict[str, Any]) -> PartitionBalance:
    heard = row["last_append"] if row["last_append"].timestamp() > 0 else None
    sums = {name: whole(row[name]) for name in ("archived", "dead", "missed", "lost")}
    told = {name: value for name, value in row.items() if name != "topic"}
    return PartitionBalance(**(told | sums | {"last_append": heard}))
