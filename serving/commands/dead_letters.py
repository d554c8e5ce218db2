"""`dead-letters`: listed, shown, replayed and discarded from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from getpass import getuser

from metering.clock import SystemClock
from metering.domain.event import Position
from metering.settings import Settings
from serving.commands.choosing import chosen, print_csv, tell, typed
from serving.commands.table import print_table
from serving.database import reaching_postgresql
from serving.errors import BadInput
from serving.letters.discard import discard
from serving.letters.outcome import place_text
from serving.letters.reading import place_of, read_letters, read_reason
from serving.letters.replay import Attempt, replay
from serving.queries.letters import Letter, LetterPassport, LetterSelection, every_letter, facets, letter_passport
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Do what the verb says. Raises BadInput for what cannot be read and where any letter was refused."""
    try:
        with reaching_postgresql():
            _VERBS[options.verb](options, settings)
    except ParameterFault as fault:
        raise BadInput(str(fault)) from fault


def by_command() -> str:
    """Who a command's changes are kept under."""
    return f"command line ({getuser()})"


def _list(options: argparse.Namespace, settings: Settings) -> None:
    selection = _selection(options)
    with one_snapshot():
        if options.csv:
            print_csv(Letter, every_letter(selection))
            return
        count, _ = facets(selection)
        rows = list(every_letter(selection, options.most))
    print_table(
        ("place", "reason", "state", "field", "found", "noticed", "message"),
        ((place_text(row.place), row.reason, row.state, row.field, row.found, row.noticed_at, row.text[:60])
         for row in rows))
    print(f"{len(rows)} of {count}", flush=True)


def _show(options: argparse.Namespace, settings: Settings) -> None:
    found = letter_passport(place_of(options.place))
    if found is None:
        raise BadInput(f"PLACE={options.place!r}: there is no such dead letter")
    print_table(("what", "is"), [pair for pair in _told(found) if pair[1] not in ("", None)])


def _told(found: LetterPassport) -> Iterator[tuple[str, object]]:
    letter = found.letter
    yield from (("place", place_text(letter.place)), ("reason", f"{letter.reason}: {found.meaning}"))
    yield from (("field", letter.field), ("found", letter.found), ("hint", letter.hint))
    yield from (("appended", found.ingest_time), ("noticed", letter.noticed_at))
    yield from (("state", letter.state), ("by", letter.state_by), ("at", letter.state_at), ("why", letter.state_reason))
    yield from (("replayed to offset", letter.replay_offset), ("rejected again at offset", found.again))
    yield from (("is the replay of offset", found.before), ("size", f"{letter.size} bytes, {found.kept} kept"))
    yield from (("sha256", found.sha256), ("message", found.text))


def _replay(options: argparse.Namespace, settings: Settings) -> None:
    places = _chosen(options, ("open", "replaying"))
    tell(replay(settings.kafka, places, Attempt(by_command(), read_reason(typed(why=options.why), needed=False))))


def _discard(options: argparse.Namespace, settings: Settings) -> None:
    reason = read_reason(typed(why=options.why), needed=True)
    tell(discard(_chosen(options, ("open",)), by_command(), reason))


def _chosen(options: argparse.Namespace, states: tuple[str, ...]) -> list[Position]:
    """What can be changed among those that fit, unless states are named."""
    options.state = options.state or list(states) if not options.places else options.state
    given = (options.topic, options.rejection, options.find, options.start, options.end)
    is_filtered = any(given) or (bool(options.state) and options.state != list(states))

    def fitting() -> Iterator[tuple[Position, str]]:
        with one_snapshot():
            yield from ((row.place, f"{row.reason} {row.state}") for row in every_letter(_selection(options)))

    return chosen(options.places, is_filtered, options.yes, fitting)


def _selection(options: argparse.Namespace) -> LetterSelection:
    """Without a range: of all of time."""
    query = typed(topic=options.topic, reason=options.rejection, state=options.state, q=options.find,
                  **{"from": options.start or "1970-01-01", "to": options.end})
    return read_letters(query, SystemClock().now()).selection


_VERBS = {"list": _list, "show": _show, "replay": _replay, "discard": _discard}
