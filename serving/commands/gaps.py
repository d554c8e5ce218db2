"""`gaps`: listed and acknowledged from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from metering.clock import SystemClock
from metering.domain.event import Position
from metering.settings import Settings
from serving.commands.choosing import chosen, print_csv, tell, typed
from serving.commands.dead_letters import by_command
from serving.commands.table import print_table
from serving.database import reaching_postgresql
from serving.errors import BadInput
from serving.letters.discard import acknowledge
from serving.letters.outcome import place_text
from serving.letters.reading import read_gaps, read_reason
from serving.queries.gaps import ALL_ROWS, ShownGap, gaps
from serving.ranges import ParameterFault


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Do what the verb says. Raises BadInput for what cannot be read and where any gap was refused."""
    try:
        with reaching_postgresql():
            _VERBS[options.verb](options)
    except ParameterFault as fault:
        raise BadInput(str(fault)) from fault


def _list(options: argparse.Namespace) -> None:
    rows = _found(options, options.acknowledged, ALL_ROWS if options.csv else options.most)
    if options.csv:
        print_csv(ShownGap, rows)
        return
    print_table(
        ("place", "to", "messages", "noticed", "reason", "acknowledged", "by", "why"),
        ((place_text(row.place), row.last_offset, row.messages, row.noticed_at, row.reason, row.acknowledged_at,
          row.acknowledged_by, row.acknowledged_reason) for row in rows))
    print(f"{len(rows)} of {rows[0].rows if rows else 0}", flush=True)


def _acknowledge(options: argparse.Namespace) -> None:
    reason = read_reason(typed(why=options.why), needed=True)

    def fitting() -> Iterator[tuple[Position, str]]:
        return ((row.place, row.reason) for row in _found(options, "no", ALL_ROWS))

    places = chosen(options.places, bool(options.topic or options.find), options.yes, fitting)
    tell(acknowledge(place, by_command(), reason) for place in places)


def _found(options: argparse.Namespace, acknowledged: str, most: int) -> list[ShownGap]:
    query = typed(topic=options.topic, q=options.find, acknowledged=acknowledged)
    return gaps(read_gaps(query, SystemClock().now()).selection, size=most)


_VERBS = {"list": _list, "acknowledge": _acknowledge}
