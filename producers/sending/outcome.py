"""What became of all messages of a run, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from metering.domain.errors import ServiceAway
from metering.telemetry import Log


@dataclass(frozen=True)
class Outcome:
    """`unsent` is the file of what was not acknowledged; `cure` what to do with it."""

    sent: int
    acknowledged: int
    elapsed_s: float
    unsent: Path | None
    whom: str
    cure: str

    @property
    def failed(self) -> int:
        return self.sent - self.acknowledged

    @property
    def rate(self) -> int:
        return round(self.acknowledged / self.elapsed_s) if self.elapsed_s > 0 else 0

    def tell(self, log: Log) -> None:
        """The closing line. Raises ServiceAway where something was not acknowledged."""
        log.info(
            "done", sent=self.sent, acknowledged=self.acknowledged, failed=self.failed, events_per_s=self.rate)
        if self.failed:
            raise ServiceAway(
                f"{self.failed} of {self.sent} messages were not acknowledged by {self.whom}; they are kept in "
                f"{self.unsent}: {self.cure}")
