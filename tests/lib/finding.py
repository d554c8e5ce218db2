"""What an invariant found: whether it holds, the numbers it was judged by, the first differences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

SHOWN, SHOWN_CHARACTERS = 5, 300


@dataclass
class Finding:
    """Whether one invariant holds of one topic; of the whole installation where no topic is named."""

    name: str
    numbers: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    topic: str = ""

    @property
    def holds(self) -> bool:
        """No difference was found."""
        return not self.differences

    def differ(self, what: str, found: Iterable[Any]) -> None:
        """Note some of what differs; nothing when there is none."""
        found = list(found)
        if found:
            shown = ", ".join(shorten(str(each), SHOWN_CHARACTERS, placeholder="…") for each in found[:SHOWN])
            self.differences.append(f"{len(found)} {what}: {shown}{', …' if len(found) > SHOWN else ''}")

    def compare(self, what: str, found: dict, expected: dict) -> None:
        """Note every key with another value, or on one side only."""
        if found != expected:
            keys = [key for key in {**expected, **found} if found.get(key) != expected.get(key)]
            self.differ(what, (f"{key} is {found.get(key)}, should be {expected.get(key)}" for key in keys))

    def __str__(self) -> str:
        numbers = " ".join(f"{name}={number}" for name, number in self.numbers.items())
        lines = [f"{self.topic:<15}{self.name:<17} {'holds' if self.holds else 'BROKEN'}  {numbers}".lstrip()]
        return "\n".join(lines + [f"    {difference}" for difference in self.differences])
