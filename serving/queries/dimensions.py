"""By what usage is shown: the address's word, the type in the tables, the words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from metering.streams.devices import ANTENNA, APP, DEVICES, USER

TOPIC = DEVICES.topic


@dataclass(frozen=True)
class Dimension:
    """`key` is what an address says (`by=user`), `type` what the tables hold."""

    key: str
    type: str
    one: str
    many: str

    @property
    def named(self) -> bool:
        """Whether its ids have a name and a mail address in user_metadata."""
        return self.type == USER


DIMENSIONS = (
    Dimension("user", USER, "User", "users"),
    Dimension("app", APP, "App", "apps"),
    Dimension("antenna", ANTENNA, "Antenna", "antennas"),
)
BY = {dimension.key: dimension for dimension in DIMENSIONS}


class Finality(Enum):
    """How far a number can be trusted."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    CORRECTED = "corrected"


def finality(provisional: bool, corrected: bool) -> Finality:
    """Corrected: final, but changed since it was final first."""
    if provisional:
        return Finality.PROVISIONAL
    return Finality.CORRECTED if corrected else Finality.FINAL
