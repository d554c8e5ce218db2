"""Issuing: invoices for periods that are over and settled, correction notes where an invoiced rating changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from batch_layer.finality import settled_hours
from metering.domain.billing.invoice import Document, Kind, correction_of, invoice_of
from metering.domain.billing.reasons import why_text
from metering.domain.errors import ServiceAway
from metering.kafka.topics import end_offsets, offsets_at_time
from metering.settings import Settings
from metering.store import invoices
from metering.store.invoices import Due
from metering.store.locked_session import LockedSession
from metering.store.rotation import HOUR, OpenHour, Sealed
from metering.telemetry import Log

LOG = Log("batch_layer")

ReadPast = Callable[[str, datetime], bool]
"""Whether all that was appended to a topic before a moment has been read and sealed. May raise ServiceAway."""

Settledness = tuple[tuple[str, ...], date, date]


@dataclass
class Issuing:
    """One look at all accounts. `grace`: how long after its end a period gets its invoice."""

    session: LockedSession
    grace: timedelta
    now: datetime
    read_past: ReadPast
    issued: list[str] = field(default_factory=list)
    waiting: int = 0
    _settled: dict[Settledness, bool] = field(default_factory=dict)
    _read: dict[tuple[str, date], bool] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Write what is due, each document in a transaction of its own; the numbers. Again: writes nothing."""
        with self.session.transaction() as cursor:
            due = invoices.due_accounts(cursor, (self.now - self.grace).astimezone(UTC).date())
        for account in due:
            self._invoice(account)
        with self.session.transaction() as cursor:
            changed = invoices.changed_accounts(cursor)
        for account in changed:
            self._correct(account)
        return self.issued

    def _invoice(self, due: Due) -> None:
        if not (self._is_settled(due) and self._is_read(due)):
            self.waiting += 1
            return
        with self.session.transaction() as cursor:
            invoices.hold_counter(cursor, Kind.INVOICE)
            if invoices.issued_documents(cursor, due.account) is not None:
                return
            document = invoice_of(due.account, invoices.rated_lines(cursor, due.account))
            number = invoices.keep_document(cursor, document)
        self._tell(number, document)

    def _correct(self, due: Due) -> None:
        if not self._is_settled(due):
            self.waiting += 1
            return
        with self.session.transaction() as cursor:
            invoices.hold_counter(cursor, Kind.CORRECTION)
            before = invoices.issued_documents(cursor, due.account)
            note = correction_of(
                due.account, invoices.invoiced_lines(cursor, due.account),
                invoices.rated_lines(cursor, due.account))
            if note is None or before is None:
                return
            note = replace(note, why=why_text(note, invoices.hour_changes(cursor, note, before.last_at)))
            number = invoices.keep_document(cursor, note, before.number)
        self._tell(number, note)

    def _tell(self, number: str, document: Document) -> None:
        self.issued.append(number)
        account = document.account
        LOG.info("issued", number=number, customer=account.customer, period=f"{account.period}",
                 total=f"{document.total:f}", currency=account.currency)

    def _is_settled(self, due: Due) -> bool:
        """Whether every hour of the period is published, final and rated, in the streams of the account's lines."""
        place = (due.topics, due.account.period, due.account.period_end)
        if place not in self._settled:
            with self.session.transaction() as cursor:
                waiting = invoices.hours_waiting(cursor, *place)
            self._settled[place] = not waiting
            if waiting:
                LOG.info("a period waits for its hours", topics=",".join(place[0]), period=f"{place[1]}",
                         first=f"{waiting[0]:%Y-%m-%dT%H}")
        return self._settled[place]

    def _is_read(self, due: Due) -> bool:
        """Whether the streams have been read past the period's end: hours that nobody has read yet have no state."""
        end = due.account.period_end
        for topic in due.topics:
            if (topic, end) not in self._read:
                self._read[topic, end] = self._asked(topic, end)
        return all(self._read[topic, end] for topic in due.topics)

    def _asked(self, topic: str, end: date) -> bool:
        try:
            return self.read_past(topic, invoices.midnight(end))
        except ServiceAway as away:
            LOG.warning("no invoice can be issued", topic=topic, period_end=f"{end}", why=away)
            return False


def read_past(session: LockedSession, settings: Settings, now: datetime) -> ReadPast:
    """Judge it as the last hour of the period is judged, by Kafka's append times and the sealed offsets."""

    def judge(topic: str, end: datetime) -> bool:
        with session.transaction() as cursor:
            sealed = Sealed(0, invoices.sealed_offsets(cursor, topic))
        last = OpenHour(end - HOUR, 0, 0, end - HOUR)
        grace = timedelta(seconds=settings.grace_s)
        ends = end_offsets(settings.kafka, topic)

        def offsets_at(moment: datetime) -> dict[int, int | None]:
            return offsets_at_time(settings.kafka, topic, int(moment.timestamp() * 1000))

        return bool(settled_hours([last], sealed, grace, now, offsets_at, ends))

    return judge


def issue_documents(session: LockedSession, settings: Settings, now: datetime) -> Sequence[str]:
    """Issue what is due now, under the batch layer's lock; the numbers."""
    grace = timedelta(seconds=settings.invoice_grace_s)
    issuing = Issuing(session, grace, now, read_past(session, settings, now))
    issued = issuing.run()
    if issued or issuing.waiting:
        LOG.info("documents issued", issued=len(issued), waiting=issuing.waiting)
    return issued
