"""I-recent: the table of a stream's last days, and the decisions that its rows carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.lib.evidence import Evidence, Row
from tests.lib.finding import Finding


def recent_rows(evidence: Evidence) -> Finding:
    """I-recent: the table of the last days' events is the archive's rows of those days, each (time, event_id) once."""
    finding = Finding("I-recent", {"rows": len(evidence.recent)})
    archived = {(row.content[0], *row.place): (*row.content, row.ingest_us, *row.added) for row in evidence.rows}
    places = {key: (row[0], row[len(evidence.told.values) + 1] or key[1:]) for key, row in archived.items()}
    finding.compare("recent rows", evidence.recent, {key: archived.get(key) for key in evidence.recent})
    wanted = {event for key, event in places.items() if key[0] >= evidence.kept_since_us}
    kept = Counter(places[key] for key in evidence.recent if key in places)
    finding.differ("events of the kept days that are not there", sorted(wanted - kept.keys(), key=repr))
    finding.differ("events kept twice", [event for event, times in kept.items() if times > 1])
    finding.differ("decisions that do not fit their reason", _odd_decisions(evidence))
    return finding


def _odd_decisions(evidence: Evidence) -> Iterator[Row]:
    """An offer is 1 or 0 exactly where the reason is `scored`, and only a known customer has a level."""
    place = {name: number for number, name in enumerate(evidence.told.added)}
    for row in evidence.rows:
        offer, reason = row.added[place["send_event"]], row.added[place["reason"]]
        if (offer in (0, 1)) != (reason == "scored") or row.added[place["level"]] is None:
            yield row
