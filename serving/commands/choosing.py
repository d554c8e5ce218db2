"""Which rows a command means: places that were typed, or all that fit what was typed, after they were counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import QueryDict

from metering.domain.event import Position
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_lines
from serving.errors import BadInput
from serving.letters.outcome import Outcome
from serving.letters.reading import place_of
from serving.ranges import parse_zone


def typed(**values: Sequence[str] | str) -> QueryDict:
    """What was typed, as an address has it."""
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, [value] if isinstance(value, str) else list(value))
    return query


def chosen(
    places: Sequence[str], is_filtered: bool, yes: bool, fitting: Callable[[], Iterable[tuple[Position, str]]]
) -> list[Position]:
    """The places typed, else those of `fitting`, each with a word by which they are counted.

    Without `yes` all that fit are counted only. Raises BadInput, ParameterFault.
    """
    if places and is_filtered:
        raise BadInput("PLACE and a filter: want one of them")
    if places:
        return list(dict.fromkeys(map(place_of, places)))
    if not is_filtered and not yes:
        raise BadInput("nothing chosen: want PLACE, a filter, or --yes for all")
    found = list(fitting())
    if yes:
        return [place for place, _ in found]
    for kind, count in Counter(f"{place.topic} {word}" for place, word in found).most_common():
        print(f"{count:>8}  {kind}", flush=True)
    raise BadInput(f"{len(found)} fit, nothing was changed: --yes does it to all of them")


def tell(outcomes: Iterable[Outcome]) -> None:
    """Print each as it comes. Raises BadInput at the end where any was refused."""
    refused = count = 0
    for outcome in outcomes:
        print(outcome.line, flush=True)
        count += 1
        refused += bool(outcome.refusal)
    if refused:
        raise BadInput(f"{refused} of {count} were refused")
    if not count:
        print("none fits", flush=True)


def print_csv(row: type, rows: Iterable[Any]) -> None:
    """Print rows as CSV under the names of their columns, times in UTC."""
    head = [name for name in columns_of(row) if name != "rows"]
    cells = (row_cells(one, parse_zone("UTC"))[: len(head)] for one in rows)
    for lines in csv_lines(head, cells):
        print(lines, end="", flush=True)
