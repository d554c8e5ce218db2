"""The errors that end a command, each with its exit status (docs/adr and README list them)."""

from __future__ import annotations

from collections.abc import Sequence


class LambdameterError(Exception):
    """An error with a clear line for a person and an exit status for a program."""

    exit_status = 1


class BadSettings(LambdameterError):
    """Configuration faults, all of them at once."""

    exit_status = 2

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(faults))


class ServiceAway(LambdameterError):
    """A service (Kafka, PostgreSQL, the archive) cannot be reached; nothing is lost, trying again is right."""

    exit_status = 3


class Damaged(LambdameterError):
    """A proof failed, or kept records contradict each other: a person has to look."""

    exit_status = 4


class AnotherCopyRuns(LambdameterError):
    """Another streaming job owns this topic; this one counted nothing."""

    exit_status = 5
