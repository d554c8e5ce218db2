"""Charges and credits of companies, by day and by night."""

from producers.generate.billing.draw import begin
from producers.generate.billing.faults import ALL as ALL_BAD
from producers.generate.billing.totals import totals
from producers.generate.billing.writer import FACTS

__all__ = ["ALL_BAD", "FACTS", "begin", "totals"]
