"""What a person types into the window, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from metering.domain.stream import IDENTIFIER
from producers.host.samples import LONGEST_S
from producers.targets import BadTarget, Target, read_target

MACHINE, TARGET, INTERVAL = "machine", "target", "interval"


@dataclass(frozen=True)
class Form:
    """The fields' texts."""

    machine: str
    target: str
    interval: str


@dataclass(frozen=True)
class Wanted:
    """A form without faults."""

    machine: str
    target: Target
    interval_s: int


class BadForm(ValueError):
    """`faults`: what is wanted, by field."""

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{field}: {fault}" for field, fault in faults.items()))


def read_form(form: Form) -> Wanted:
    """Check all fields. Raises BadForm with every fault."""
    faults, target = dict[str, str](), None
    if not IDENTIFIER.fullmatch(form.machine.strip()):
        faults[MACHINE] = "Want 1–64 of A-Z a-z 0-9 . _ : -, beginning with a letter or digit"
    try:
        target = read_target(form.target)
    except BadTarget as error:
        faults[TARGET] = error.faults[0]
    interval = form.interval.strip()
    if not (interval.isascii() and interval.isdigit() and len(interval) < 9 and 1 <= int(interval) <= LONGEST_S):
        faults[INTERVAL] = f"Want whole seconds from 1 to {LONGEST_S}"
    if faults or target is None:
        raise BadForm(faults)
    return Wanted(form.machine.strip(), target, int(interval))
