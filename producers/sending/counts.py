"""How many messages a run has handed over, and what became of them so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """`sent` = acknowledged + refused + waiting. A message sent again is still one.

    `refused`: the other side will never take it.
    """

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0

    @property
    def waiting(self) -> int:
        return self.sent - self.acknowledged - self.refused


NONE_SENT = Counts()
