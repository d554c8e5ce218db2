"""Whether the offer is taken: clicks on its ad by customers who were offered it, and by those who were not.

Clicks are in no table of rows, so those of the range are read from the archive, repeats of an hour counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from time import monotonic

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.archive import Archive
from metering.arrow.distinct import distinct_rows
from metering.domain.features import LABEL_AD
from metering.streams.clicks import CLICKS
from serving.archived_events import rows_of_hour
from serving.figures import share_text
from serving.queries.archive_files import HourFile

MOST_SECONDS = 5.0
"""So long clicks are read: the page's reader waits for it."""

Click = tuple[str, datetime]
"""Who clicked on the offer's ad, and when."""


class TooLong(Exception):
    """The clicks of the range could not be read within MOST_SECONDS."""


@dataclass(frozen=True)
class Group:
    """Customers, and how many of them clicked."""

    customers: int
    clicked: int

    @property
    def rate(self) -> float | None:
        return self.clicked / self.customers if self.customers else None

    @property
    def percent(self) -> str:
        return share_text(self.clicked, self.customers)


@dataclass(frozen=True)
class TakeUp:
    """`offered`: clicks after the first offer count. `others`: customers with plays and no offer, any click counts."""

    offered: Group
    others: Group


def take_up(first_offers: Mapping[str, datetime | None], clicks: Iterable[Click]) -> TakeUp:
    """Customers with plays → first offer (None: none), joined with clicks of the same range.

    >>> take_up({"a": datetime(2026, 1, 1), "b": None}, [("a", datetime(2026, 1, 2))]).offered.rate
    1.0
    """
    offered, others = set[str](), set[str]()
    for customer, when in clicks:
        if customer not in first_offers:
            continue
        first = first_offers[customer]
        if first is None:
            others.add(customer)
        elif when > first:
            offered.add(customer)
    with_offer = sum(first is not None for first in first_offers.values())
    return TakeUp(Group(with_offer, len(offered)), Group(len(first_offers) - with_offer, len(others)))


def label_clicks(
    root: str, files: Sequence[HourFile], start: datetime, end: datetime, most_s: float = MOST_SECONDS
) -> list[Click]:
    """The clicks of [start, end) on the offer's ad. `files` in the order of their hours.

    Raises Damaged where a file is away or cannot be read, TooLong after `most_s` seconds.
    """
    archive, until = Archive(root), monotonic() + most_s
    clicks: list[Click] = []
    for _, of_hour in groupby(files, key=lambda file: file.hour):
        if monotonic() > until:
            raise TooLong
        clicks += _of_hour(archive, [file.path for file in of_hour], start, end)
    return clicks


def _of_hour(archive: Archive, paths: Sequence[str], start: datetime, end: datetime) -> list[Click]:
    first = distinct_rows(CLICKS, rows_of_hour(archive, CLICKS, paths)).first
    times = first["timestamp"]
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(start, times.type)), pc.less(times, pa.scalar(end, times.type)))
    found = first.filter(pc.and_(inside, pc.match_substring(first["ad"], LABEL_AD)))
    return list(zip(found["customer_id"].to_pylist(), found["timestamp"].to_pylist(), strict=True))
