"""A topic's number and a partition as one number, in which they travel with each message."""

from __future__ import annotations

PARTITIONS = 2**20
"""More than any topic has; with it an int32 numbers 2,048 topics. A place is number × PARTITIONS + partition."""


def parted(place: int) -> tuple[int, int]:
    """The topic's number and the partition.

    >>> parted(3 * PARTITIONS + 7)
    (3, 7)
    """
    return divmod(place, PARTITIONS)
