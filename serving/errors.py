"""The site's own errors that end a command."""

from __future__ import annotations

from collections.abc import Sequence

from metering.domain.errors import LambdameterError


class BadInput(LambdameterError):
    """What a person gave to a command cannot be used; every fault is named and nothing was changed."""

    exit_status = 2

    def __init__(self, *faults: str) -> None:
        self.faults: Sequence[str] = faults
        super().__init__("; ".join(faults))
