"""The state of the pages of invoices, read from their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import QueryDict

from metering.domain.billing.invoice import Account
from serving.invoices.paper import Paper, month_end
from serving.pages.state import one_of, read_ids, read_page
from serving.queries.invoices import ORDERS, STATES, DocumentChoice
from serving.ranges import ParameterFault

PAGE_HOURS = 100
"""Hours of a line that a page shows: four days and a bit."""

_PERIOD = "a month such as 2026-10, or a day such as 2026-10-05"


@dataclass(frozen=True)
class InvoicesState:
    """The list: which documents, in which order, which page. `period`: as it was given, empty for all."""

    choice: DocumentChoice
    period: str
    sort: str
    page: int


@dataclass(frozen=True)
class PaperState:
    """A document's page: the line that is folded out (0: none), and which page of its hours."""

    line: int
    page: int


def read_invoices(query: QueryDict, now: datetime) -> InvoicesState:
    """Raises ParameterFault for the first parameter that cannot be read."""
    period = query.get("period", "").strip()
    start, end = read_period(period) if period else (None, None)
    choice = DocumentChoice(
        now, read_ids(query, "customer"), start, end, read_one_id(query, "currency"), _read_states(query))
    order = one_of(query, "sort", {order: order for order in ORDERS}, "-period")
    return InvoicesState(choice, period, order, read_page(query))


def read_period(text: str) -> tuple[date, date]:
    """The days [start, end) of a month or a day. Raises ParameterFault."""
    try:
        if len(text) == 7:
            start = date.fromisoformat(f"{text}-01")
            return start, month_end(start)
        if len(text) == 10:
            start = date.fromisoformat(text)
            return start, start + timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    raise ParameterFault("period", text, _PERIOD)


def read_account(query: QueryDict) -> Account:
    """The account of a draft: customer, period and currency, all three. Raises ParameterFault."""
    period = read_period(query.get("period", "").strip())
    return Account(_needed(query, "customer"), *period, _needed(query, "currency"))


def read_paper(query: QueryDict, paper: Paper) -> PaperState:
    """Which line of a document is folded out: the one asked for, the only one, else none. Raises ParameterFault."""
    lines = len(paper.lines)
    choices = {str(line): line for line in range(lines + 1)}
    return PaperState(one_of(query, "line", choices, "1" if lines == 1 else "0"), read_page(query))


def read_one_id(query: QueryDict, field: str) -> str:
    """One identifier, or empty for any. Raises ParameterFault."""
    found = read_ids(query, field)
    if len(found) > 1:
        raise ParameterFault(field, " ".join(found), "one at most")
    return found[0] if found else ""


def _needed(query: QueryDict, field: str) -> str:
    found = read_one_id(query, field)
    if not found:
        raise ParameterFault(field, "nothing", f"the {field} of the draft")
    return found


def _read_states(query: QueryDict) -> tuple[str, ...]:
    states = tuple(dict.fromkeys(state for state in query.getlist("state") if state))
    for state in states:
        if state not in STATES:
            raise ParameterFault("state", state, "one of " + ", ".join(STATES))
    return states
