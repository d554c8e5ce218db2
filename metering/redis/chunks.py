"""Long lists in pieces, so that no command and no pipeline grows without bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

CHUNK = 1000


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in their order, `size` at a time; the last piece may be shorter, none is empty.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
