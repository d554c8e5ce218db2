"""By what usage is shown: the address's word, the type in the tables, the words for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from metering.domain.rollup import Rollup
from metering.streams.devices import ANTENNA, APP, DEVICES, USER

TOPIC = DEVICES.topic


@dataclass(frozen=True)
class Dimension:
    """`key` is what an address says (`by=user`), `type` what the tables hold, `field` what an event calls the id."""

    key: str
    type: str
    field: str
    one: str
    many: str

    @property
    def named(self) -> bool:
        """Whether its ids have a name and a mail address in user_metadata."""
        return self.type == USER


DIMENSIONS = (
    Dimension("user", USER, "id", "User", "users"),
    Dimension("app", APP, "app", "App", "apps"),
    Dimension("antenna", ANTENNA, "antenna_id", "Antenna", "antennas"),
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


def least_certain(marks: Iterable[Finality]) -> Finality:
    """How far a sum can be trusted: as far as the least certain of its parts.

    >>> least_certain([Finality.FINAL, Finality.CORRECTED])
    <Finality.CORRECTED: 'corrected'>
    """
    found = set(marks)
    return next((mark for mark in (Finality.PROVISIONAL, Finality.CORRECTED) if mark in found), Finality.FINAL)


def correction_types(rollup: Rollup) -> list[str]:
    """What corrections of a rollup's numbers are filed under."""
    return [rollup.type_of(cut, measure) for cut in rollup.cuts for measure in rollup.measures]
