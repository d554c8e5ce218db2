"""Samples of a fleet of machines that run four services, by day and by night."""

from producers.generate.machines.draw import begin
from producers.generate.machines.faults import ALL as ALL_BAD
from producers.generate.machines.totals import totals
from producers.generate.machines.writer import FACTS

__all__ = ["ALL_BAD", "FACTS", "begin", "totals"]
