"""The watermark of a topic: the moment before which, as far as Kafka's partitions vouch, all was committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PartitionReach:
    """How far one partition is committed. Times in epoch microseconds, UTC; None: never.

    `last_append`: the append time of the last committed record. `end_offset`: the log's end, as it was when it
    was asked for at `ends_asked_at`.
    """

    next_offset: int
    end_offset: int
    last_append: int | None = None
    ends_asked_at: int | None = None

    @property
    def vouched(self) -> int | None:
        """Nothing that was appended before this moment is still to be committed; None: it cannot tell.

        What is appended after the end was asked for has a later append time: a partition read to that end vouches
        for the moment of asking, whether or not anything was ever in it.
        """
        moments = [self.last_append]
        if self.next_offset >= self.end_offset:
            moments.append(self.ends_asked_at)
        return max((moment for moment in moments if moment is not None), default=None)


def watermark(partitions: Iterable[PartitionReach], bound_us: int) -> int | None:
    """The least that the partitions vouch for, less `bound_us`; None where one cannot tell, or there are none.

    Event times play no part.
    """
    vouched = [partition.vouched for partition in partitions]
    known = [moment for moment in vouched if moment is not None]
    return min(known) - bound_us if known and len(known) == len(vouched) else None


def moved(before: int | None, reached: int | None) -> int | None:
    """The watermark after `before` once `reached` was found: it never moves back."""
    return max((moment for moment in (before, reached) if moment is not None), default=None)
