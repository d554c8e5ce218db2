"""I8: what is rated and invoiced is rate × batch view, decimals exact, by `plain_bill`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from tests.lib.finding import Finding
from tests.lib.money_evidence import Account, Document, Line, LineKey, MoneyEvidence, Said, Version
from tests.lib.plain_bill import bill

FOREVER = datetime.max.replace(tzinfo=UTC)
NOTHING = (Decimal(0),) * 4
TOPICS = {"machine_percent_hours": "resource_usage", "company_costs": "billing"}

Hours = dict[datetime, Decimal]
Period = tuple[datetime, datetime]


def money(evidence: MoneyEvidence) -> Finding:
    """I8: rated lines are rate × batch view; a document is its lines; all documents of an account are what is rated."""
    finding = Finding("I8 money", {
        "tariffs": len(evidence.versions), "rated lines": len(evidence.rated_lines),
        "documents": len(evidence.documents)})
    finding.differ("rated lines", _faults_of_rated(evidence))
    finding.differ("documents", _faults_of_documents(evidence))
    finding.differ("accounts", _faults_of_accounts(evidence))
    return finding


def _faults_of_rated(evidence: MoneyEvidence) -> Iterator[str]:
    judged, stale = set(), {version.name for version in evidence.versions if not version.is_rated}
    for version, until in _in_force(evidence.versions):
        by_line = _lines_of(evidence, version, until) if version.name not in stale else {}
        for key, hours in by_line.items():
            judged.add(key)
            yield from _faults_of_line(evidence, version, key, hours)
    for key, line in evidence.rated_lines.items():
        if key not in judged and key[0] not in stale and not _waits(evidence.unrated, line.subject, _period(line, key)):
            yield f"{key} is rated without any use"


def _in_force(versions: Iterable[Version]) -> Iterator[tuple[Version, datetime]]:
    """Each version, and until when it is in force: the next one of its name."""
    ordered = sorted(versions, key=lambda version: version[:2])
    for version, follower in pairwise([*ordered, None]):
        if version is not None:
            ends = follower is not None and follower.name == version.name
            yield version, follower.valid_from if ends and follower else FOREVER


def _lines_of(evidence: MoneyEvidence, version: Version, until: datetime) -> dict[LineKey, Hours]:
    """The hours of each line that the version has to have."""
    spec, lines = version.spec, defaultdict[LineKey, Hours](dict)
    customers = spec.get("customers", ["*"])
    currency = spec["currency"] if spec["subject"] == "company_costs" else ""
    used = evidence.quantities.get((spec["subject"], spec.get("of", ""), currency), {})
    for customer, hours in used.items():
        if customers == ["*"] or customer in customers:
            for hour, quantity in hours.items():
                if version.valid_from <= hour < until:
                    first = _first_day(hour, spec.get("period", "month"))
                    lines[version.name, version.valid_from, customer, first][hour] = quantity
    return lines


def _first_day(hour: datetime, period: str) -> date:
    day = hour.astimezone(UTC).date()
    return day if period == "day" else day.replace(day=1)


def _faults_of_line(evidence: MoneyEvidence, version: Version, key: LineKey, hours: Hours) -> Iterator[str]:
    spec, line = version.spec, evidence.rated_lines.get(key)
    if _waits(evidence.unrated, spec["subject"], _calendar(key[3], spec.get("period", "month"))):
        return
    if line is None:
        yield f"{key} is not rated"
        return
    said = evidence.rated_hours.get(key, {})
    wanted = bill(spec, hours), sum(hours.values()), spec["subject"], spec["currency"]
    if (line.amount, line.quantity, line.subject, line.currency) != wanted:
        yield f"{key} is {line.amount} for {line.quantity}, should be {wanted[0]} for {wanted[1]}"
    if {hour: one.quantity for hour, one in said.items()} != hours or not _adds_up(line, said):
        yield f"{key} is not its hours"


def _adds_up(line: Line, hours: Mapping[datetime, Said]) -> bool:
    """A line is its fixed part, its hours and its rounding; its quantity that of its hours."""
    amount = line.fixed + line.rounding + sum(one.amount for one in hours.values())
    return (line.amount, line.quantity) == (amount, sum(one.quantity for one in hours.values()))


def _faults_of_documents(evidence: MoneyEvidence) -> Iterator[str]:
    specs = {version[:2]: version.spec for version in evidence.versions}
    for document in evidence.documents:
        if document.total != sum(line.amount for _, line, _ in document.lines):
            yield f"{document.number} is {document.total}, not the sum of its lines"
        for key, line, hours in document.lines:
            if not _adds_up(line, hours):
                yield f"{document.number}: {key} is not its hours"
            wanted = bill(specs[key[:2]], {hour: one.quantity for hour, one in hours.items()})
            if document.kind == "invoice" and line.amount != wanted:
                yield f"{document.number}: {key} is {line.amount}, should be {wanted}"


def _faults_of_accounts(evidence: MoneyEvidence) -> Iterator[str]:
    """Of an account whose hours are all final, rated and published: its documents together are what is rated."""
    rated: dict[Account, dict[LineKey, Line]] = defaultdict(dict)
    for key, line in evidence.rated_lines.items():
        rated[key[2], key[3], line.period_end, line.currency][key] = line
    documents: dict[Account, list[Document]] = defaultdict(list)
    for document in evidence.documents:
        documents[document.account].append(document)
    for account, mine in documents.items():
        if [document.kind for document in mine].count("invoice") != 1:
            yield f"{account} has not one invoice but {[document.number for document in mine]}"
        told, lines = _told(mine), rated[account]
        subjects = {line.subject for _, line, _ in (one for document in mine for one in document.lines)}
        subjects |= {line.subject for line in lines.values()}
        span = _midnight(account[1]), _midnight(account[2])
        if not any(_waits(evidence.unsettled, subject, span) for subject in subjects):
            wanted = {key: tuple(line[3:]) for key, line in lines.items()}
            for key in told.keys() | wanted.keys():
                if told.get(key, NOTHING) != wanted.get(key, NOTHING):
                    yield f"{key} is invoiced as {told.get(key)}, rated {wanted.get(key)}"


def _told(documents: Iterable[Document]) -> dict[LineKey, tuple[Decimal, ...]]:
    """What documents say of each line together: quantity, fixed, rounding, amount."""
    told: dict[LineKey, tuple[Decimal, ...]] = {}
    for document in documents:
        for key, line, _ in document.lines:
            told[key] = tuple(one + other for one, other in zip(told.get(key, NOTHING), line[3:], strict=True))
    return told


def _waits(hours: Iterable[tuple[str, datetime]], subject: str, span: Period) -> bool:
    """Whether any of the hours is one of the subject's stream in the span."""
    topic = TOPICS.get(subject, "devices")
    return any(of == topic and span[0] <= hour < span[1] for of, hour in hours)


def _calendar(first: date, period: str) -> Period:
    after = first + timedelta(days=1) if period == "day" else (first + timedelta(days=31)).replace(day=1)
    return _midnight(first), _midnight(after)


def _period(line: Line, key: LineKey) -> Period:
    return _midnight(key[3]), _midnight(line.period_end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)
