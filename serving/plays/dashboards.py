"""What a dashboard is: charts, each of its own search and range; read from JSON or a form, every fault named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from serving.plays.facets import BY_NAME
from serving.plays.terms import parse_terms
from serving.ranges import ParameterFault, parse_range

KINDS = {"bars": "bars by a field", "lines": "lines over time", "total": "a total"}
MOST_CHARTS = 12
MOST_BYTES = 64 * 1024
_LONGEST = {"name": 80, "title": 80, "owner": 80}
_KEYS = ("title", "kind", "field", "q", "from", "to")


@dataclass(frozen=True)
class ChartSpec:
    """One chart. `range_from` and `range_to` are as addresses have them.

    `field`: the facet that bars and lines are split by; a total has none.
    """

    title: str
    kind: str
    field: str
    q: str
    range_from: str
    range_to: str

    def to_json(self) -> dict[str, str]:
        """The chart as it is kept; `field` only where the kind has one."""
        split = {"field": self.field} if self.field else {}
        return {
            "title": self.title, "kind": self.kind, **split, "q": self.q, "from": self.range_from, "to": self.range_to}


@dataclass(frozen=True)
class Board:
    """A dashboard's name and charts."""

    name: str
    charts: tuple[ChartSpec, ...]

    def definition(self) -> dict[str, Any]:
        return {"charts": [chart.to_json() for chart in self.charts]}

    def to_json(self) -> dict[str, Any]:
        """What is exported, and can be imported again."""
        return {"name": self.name, **self.definition()}


class BadBoard(ValueError):
    """A dashboard that cannot be read: every fault with its place, what was found and what is wanted."""

    def __init__(self, faults: Sequence[ParameterFault]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(map(str, faults)))


def read_text(text: bytes, now: datetime) -> Board:
    """A board from JSON text. Raises BadBoard with every fault."""
    if len(text) > MOST_BYTES:
        raise BadBoard([ParameterFault("file", f"{len(text)} bytes", f"at most {MOST_BYTES}")])
    try:
        found = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadBoard([ParameterFault("file", str(error)[:120], "a JSON object, UTF-8")]) from None
    if not isinstance(found, dict):
        raise BadBoard([ParameterFault("file", type(found).__name__, "a JSON object with name and charts")])
    return read_board(found, now)


def read_board(found: Mapping[str, Any], now: datetime) -> Board:
    """A board from parsed JSON. Raises BadBoard with every fault."""
    faults = [
        ParameterFault(str(key)[:80], "a key", "name and charts only")
        for key in found if key not in ("name", "charts")]
    name = _text(found, "name", "name", faults)
    if not name.strip() and isinstance(found.get("name", ""), str):
        faults.append(ParameterFault("name", name, f"1–{_LONGEST['name']} characters"))
    charts = found.get("charts")
    if not isinstance(charts, list) or not 1 <= len(charts) <= MOST_CHARTS:
        told = f"{len(charts)} charts" if isinstance(charts, list) else type(charts).__name__
        raise BadBoard([*faults, ParameterFault("charts", told, f"a list of 1–{MOST_CHARTS} charts")])
    specs = tuple(_chart(chart, f"charts[{place}]", now, faults) for place, chart in enumerate(charts))
    if faults:
        raise BadBoard(faults)
    return Board(name.strip(), specs)


def _chart(found: Any, place: str, now: datetime, faults: list[ParameterFault]) -> ChartSpec:
    if not isinstance(found, dict):
        faults.append(ParameterFault(place, type(found).__name__, "an object of " + ", ".join(_KEYS)))
        return ChartSpec("", "total", "", "", "", "")
    faults += [
        ParameterFault(f"{place}.{str(key)[:80]}", "a key", "one of " + ", ".join(_KEYS))
        for key in found if key not in _KEYS]
    given = {key: _text(found, key, f"{place}.{key}", faults) for key in _KEYS}
    kind, split = given["kind"], given["field"] if given["kind"] != "total" else ""
    if kind not in KINDS:
        faults.append(ParameterFault(f"{place}.kind", kind, "one of " + ", ".join(KINDS)))
    elif kind != "total" and split not in BY_NAME:
        faults.append(ParameterFault(f"{place}.field", split, "one of " + ", ".join(BY_NAME)))
    if not given["title"].strip() and isinstance(found.get("title", ""), str):
        faults.append(ParameterFault(f"{place}.title", given["title"], f"1–{_LONGEST['title']} characters"))
    _check_search(given, place, now, faults)
    return ChartSpec(given["title"].strip(), kind, split, given["q"].strip(), given["from"], given["to"])


def _check_search(given: Mapping[str, str], place: str, now: datetime, faults: list[ParameterFault]) -> None:
    for read in (lambda: parse_terms(given["q"]), lambda: parse_range(given["from"], given["to"], "", now)):
        try:
            read()
        except ParameterFault as fault:
            faults.append(ParameterFault(f"{place}.{fault.field}", fault.found, fault.want))


def _text(found: Mapping[str, Any], key: str, place: str, faults: list[ParameterFault]) -> str:
    """A text that PostgreSQL can keep; the empty one where it is absent or a fault."""
    value = found.get(key, "")
    longest = _LONGEST.get(key, 300)
    if not isinstance(value, str):
        faults.append(ParameterFault(place, type(value).__name__, "a text"))
    elif len(value) > longest or not all(one.isprintable() for one in value):
        faults.append(ParameterFault(
            place, value[:80].encode("unicode_escape").decode(), f"at most {longest} readable characters"))
    else:
        return value
    return ""
