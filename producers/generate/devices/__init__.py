"""Antenna events: the twenty users of the published hour, and more."""

from producers.generate.devices.draw import begin
from producers.generate.devices.faults import ALL as ALL_BAD
from producers.generate.devices.totals import totals
from producers.generate.devices.writer import FACTS

__all__ = ["ALL_BAD", "FACTS", "begin", "totals"]
