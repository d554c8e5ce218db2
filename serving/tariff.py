"""The prices that the site computes with."""

from __future__ import annotations

from functools import cache

from metering.domain.tariff import Tariff
from metering.settings import load
from metering.tariff_file import load_tariff


@cache
def machine_tariff() -> Tariff:
    """The tariff of machines, read once a process. Raises BadSettings."""
    return load_tariff(load().conf)
