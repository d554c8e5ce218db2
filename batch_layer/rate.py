"""Rating what was published: each touched customer's period by every tariff version that covers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from metering.domain.billing.periods import Period, period_of, periods_of
from metering.domain.billing.rating import rate
from metering.domain.billing.tariffs import TariffVersion
from metering.store import rating, tariffs
from metering.store.locked_session import LockedSession
from metering.store.tariffs import InForce
from metering.streams.subjects import Subject, subject_of

CUSTOMERS_AT_ONCE = 100
"""Customers rated in one transaction: bounds what is held of a month, 744 hours each."""

Unrated = Mapping[str, Mapping[datetime, int]]
"""Topic → hours that wait to be rated, with their revisions."""


@dataclass
class Rating:
    """One pass over all tariffs. Nothing waits: nothing is written."""

    session: LockedSession
    lines: int = 0

    def run(self) -> int:
        """Rate each hour with another revision than was rated, and all that a new version covers; the lines written."""
        with self.session.transaction() as cursor:
            known = tariffs.in_force(cursor)
            subjects = {one.version: subject_of(one.version.subject, one.version.of) for one in known}
            unrated = {
                topic: rating.unrated_hours(cursor, topic) for topic in {one.topic for one in subjects.values()}}
        for one, anew in _with_changed_end(known):
            self._rate_version(one, subjects[one.version], unrated, anew)
        self._note(known, unrated)
        return self.lines

    def _note(self, known: Sequence[InForce], unrated: Unrated) -> None:
        with self.session.transaction() as cursor:
            for topic, hours in unrated.items():
                rating.note_rated(cursor, topic, hours)
            for one in known:
                if not one.is_rated:
                    tariffs.mark_rated(cursor, one.version)

    def _rate_version(self, one: InForce, subject: Subject, unrated: Unrated, anew: datetime | None) -> None:
        """`anew`: from this moment on all hours are rated; of those before it, the ones that wait."""
        version = one.version
        until = one.until if anew is None else anew
        hours = [hour for hour in unrated[subject.topic] if version.valid_from <= hour < until]
        for period in periods_of(hours, version.period):
            mine = [hour for hour in hours if period_of(hour, version.period) == period]
            with self.session.transaction() as cursor:
                customers = rating.customers_of_hours(cursor, subject, version, mine)
            self._rate_period(one, subject, period, customers)
        if anew is not None:
            self._rate_anew(one, subject, anew)

    def _rate_anew(self, one: InForce, subject: Subject, since: datetime) -> None:
        with self.session.transaction() as cursor:
            published = rating.revisions(cursor, subject.topic, (since, tariffs.FOREVER))
        for period in periods_of(published, one.version.period):
            with self.session.transaction() as cursor:
                customers = rating.customers_of_span(cursor, subject, one.version, period)
            self._rate_period(one, subject, period, customers)

    def _rate_period(self, one: InForce, subject: Subject, period: Period, customers: Sequence[str]) -> None:
        version = one.version
        span = max(period.start_at, version.valid_from), min(period.end_at, one.until)
        for chunk in _chunks(customers):
            with self.session.transaction() as cursor:
                covered = [customer for customer in chunk if version.covers(customer)]
                read = dict(rating.quantities(cursor, subject, version, span, covered))
                rated = {customer: rate(version, quantities) for customer, quantities in read.items()}
                revisions = rating.revisions(cursor, subject.topic, span)
                rating.replace_rated(cursor, version, period, chunk, read, rated, revisions)
            self.lines += len(rated)


def _with_changed_end(known: Sequence[InForce]) -> Iterator[tuple[InForce, datetime | None]]:
    """Each version, and the moment from which all of it is rated: a new one's begin, and its predecessor's new end."""
    for number, one in enumerate(known):
        follower = known[number + 1] if number + 1 < len(known) else None
        ends_anew = follower is not None and follower.version.name == one.version.name and not follower.is_rated
        if not one.is_rated:
            yield one, one.version.valid_from
        elif ends_anew and follower is not None:
            yield one, _first_of_period(one.version, follower.version.valid_from)
        else:
            yield one, None


def _first_of_period(version: TariffVersion, moment: datetime) -> datetime:
    return max(version.valid_from, period_of(moment, version.period).start_at)


def _chunks(customers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(customers), CUSTOMERS_AT_ONCE):
        yield customers[start : start + CUSTOMERS_AT_ONCE]
