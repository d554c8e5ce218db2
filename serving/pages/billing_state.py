"""The state of the billing pages, read from their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from serving.pages.machine_state import SERVICE_GRANULARITIES, CutState
from serving.pages.state import one_of, read_granularity, read_ids, read_page, read_range
from serving.queries.billing import COMPANIES, WINDOW, WINDOWS, BillingSelection, Listing
from serving.queries.buckets import MINUTE, Buckets, buckets_of
from serving.queries.freshness import Freshness
from serving.queries.panes import PANES, PENDING, TOO_LATE
from serving.ranges import ParameterFault

LISTINGS = {"companies": COMPANIES, "windows": WINDOWS, "panes": PANES, "pending": PENDING, "too-late": TOO_LATE}
"""The tables of the pages by the address's word."""

OF_A_COMPANY = {word: listing for word, listing in LISTINGS.items() if word != "companies"}


@dataclass(frozen=True)
class BillingState(CutState):
    """Which companies (empty: all), in which currency (empty: any), which table in which order.

    `company`: whose page it is; empty on the page of all.
    """

    company: str
    companies: tuple[str, ...]
    currency: str
    show: str
    sort: str
    page: int

    @property
    def listings(self) -> dict[str, Listing]:
        """The tables that the page offers."""
        return OF_A_COMPANY if self.company else LISTINGS

    @property
    def listing(self) -> Listing:
        """The table that is shown."""
        return LISTINGS[self.show]

    def selection(self, fresh: Freshness) -> BillingSelection:
        """What is asked for."""
        return BillingSelection(self.cut(fresh), self.companies, self.currency)

    def cut(self, fresh: Freshness) -> Buckets:
        return self.cut_by(MINUTE, fresh)

    def cut_alone(self) -> Buckets:
        """The bars of the range as it was asked for, for tables without a chart."""
        return buckets_of(self.chosen, self.granularity, window=WINDOW)


def read_billing(query: QueryDict, now: datetime, company: str = "") -> BillingState:
    """Raises ParameterFault for the first parameter that cannot be read."""
    offered = OF_A_COMPANY if company else LISTINGS
    show = one_of(query, "show", {word: word for word in offered}, next(iter(offered)))
    listing = LISTINGS[show]
    return BillingState(
        read_range(query, now), now, read_granularity(query, SERVICE_GRANULARITIES), company,
        (company,) if company else read_ids(query, "company"), read_currency(query), show,
        one_of(query, "sort", {order: order for order in listing.orders}, listing.default), read_page(query))


def read_currency(query: QueryDict) -> str:
    """The currency asked for; empty: any. Raises ParameterFault."""
    found = read_ids(query, "currency")
    if len(found) > 1:
        raise ParameterFault("currency", " ".join(found), "one currency, or none for any")
    return found[0] if found else ""
