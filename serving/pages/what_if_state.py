"""The state of both what-if pages, read from their addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.http import QueryDict

from metering.domain.billing.tariffs import TariffVersion, read_versions
from metering.domain.errors import BadSettings
from serving.pages.state import RangeState, one_of, read_ids, read_page, read_range
from serving.queries.quota_what_if import Limit, QuotaQuestion
from serving.ranges import ParameterFault

MOST_CHARACTERS = 1800
"""Of a candidate: an address holds 4,094 bytes, and percent signs make more of them."""

SHOWS = (("users", "By user"), ("hours", "By hour"))

_LIMIT = re.compile(r"(?P<number>[0-9]{1,15}(?:\.[0-9]{1,3})?) ?(?P<percent>%?)", re.ASCII)
_WANT_LIMIT = "bytes an hour such as 5000000, or percent of each quota such as 120%"


class FaultyCandidate(ValueError):
    """The text of a candidate with every fault in it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True)
class TariffWhatIf(RangeState):
    """A candidate over a range. `text`: as it was typed; empty: nothing is asked yet."""

    text: str
    page: int


@dataclass(frozen=True)
class QuotaWhatIf(RangeState):
    """Another hourly limit over a range: by user or by hour, of which users, which page."""

    limit_text: str
    limit: Limit
    ids: tuple[str, ...]
    show: str
    page: int

    @property
    def question(self) -> QuotaQuestion:
        return QuotaQuestion(self.chosen.start, self.chosen.end, self.limit, self.ids)


def read_tariff_what_if(query: QueryDict, now: datetime) -> TariffWhatIf:
    """Raises ParameterFault for the first parameter that cannot be read; the candidate is read by `candidate_of`."""
    text = query.get("candidate", "").replace("\r\n", "\n")
    if len(text) > MOST_CHARACTERS:
        raise ParameterFault("candidate", f"{len(text)} characters", f"at most {MOST_CHARACTERS}")
    return TariffWhatIf(read_range(_by_month(query), now), now, text, read_page(query))


def read_quota_what_if(query: QueryDict, now: datetime) -> QuotaWhatIf:
    """Raises ParameterFault for the first parameter that cannot be read."""
    text = query.get("hourly", "").strip() or "100%"
    show = one_of(query, "show", {word: word for word, _ in SHOWS}, "users")
    return QuotaWhatIf(
        read_range(_by_month(query), now), now, text, read_limit_then(text), read_ids(query), show, read_page(query))


def read_limit_then(text: str) -> Limit:
    """The limit that was typed. Raises ParameterFault."""
    found = _LIMIT.fullmatch(text)
    if not found or (not found["percent"] and "." in found["number"]):
        raise ParameterFault("hourly", text, _WANT_LIMIT)
    number = Decimal(found["number"])
    return Limit(None, number) if found["percent"] else Limit(int(number), None)


def candidate_of(text: str) -> TariffVersion:
    """The one version of a text. Raises FaultyCandidate with every fault."""
    try:
        versions = read_versions(text, "text")
    except BadSettings as bad:
        raise FaultyCandidate(tuple(fault.removeprefix("text: ") for fault in bad.faults)) from bad
    if len(versions) != 1:
        raise FaultyCandidate((f"{len(versions)} versions: want one",))
    return versions[0]


def _by_month(query: QueryDict) -> QueryDict:
    """Without a range, the last 30 days."""
    if query.get("from") or query.get("to"):
        return query
    given = query.copy()
    given["from"] = "now-30d"
    return given
