"""What benches found, kept in build/bench.json, and the tables made from it.

The file holds `benches`: by name the command and the machine (see machine.py) as it was before, the sides with every
turn, and the figures with value, range, target and by how much it was missed. A bench that is run again replaces its
own entry; the others stay, each with the commit and date it was run at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, Figure, Found, Turns
from metering.domain.errors import BadSettings

RECORD, SHORT_RECORD = Path("build/bench.json"), Path("build/bench-short.json")
Kept = Mapping[str, Any]


@dataclass
class Record:
    """The file of findings while benches run; it is written after each, so an end in the middle loses nothing."""

    path: Path
    command: str

    def keep(self, bench: Bench, found: Found, machine: Kept) -> None:
        """Write what the bench found on the machine, as it was before, beside what others found earlier."""
        benches = read(self.path) if self.path.exists() else {}
        self.path.parent.mkdir(exist_ok=True, parents=True)
        whole = benches | {bench.name: kept(bench, found) | {"command": self.command, "machine": machine}}
        self.path.write_text(json.dumps({"benches": whole}, indent=1), encoding="utf-8")


def kept(bench: Bench, found: Found) -> dict[str, object]:
    """A bench's entry."""
    return {
        "numbers": bench.numbers,
        "title": bench.title,
        "sides": {name: _side(turns) for name, turns in found.sides.items()},
        "figures": [_figure(figure) for figure in found.figures],
        "facts": dict(found.facts),
    }


def _side(turns: Turns) -> dict[str, object]:
    return {
        "unit": turns.unit, "turns": turns.values, "median": turns.median,
        "lowest": min(turns.values), "highest": max(turns.values)}


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "number": figure.number, "title": figure.title, "unit": figure.unit, "turns": list(figure.values),
        "value": figure.value, "lowest": min(figure.values), "highest": max(figure.values),
        "at_least": figure.at_least, "at_most": figure.at_most, "beyond": figure.beyond,
        "missed_by": figure.missed_by}


def read(path: Path) -> dict[str, Kept]:
    """The entries by bench. Raises BadSettings where nothing was measured yet."""
    if not path.exists():
        raise BadSettings([f"{path} is not there: run `make bench` first"])
    found: dict[str, Kept] = json.loads(path.read_text(encoding="utf-8"))["benches"]
    return found


def report(found: Found) -> str:
    """What one bench found, for a terminal."""
    sides = [
        f"  {name:32} {_digits(turns.median):>12} {turns.unit:10} ({_range(_side(turns))})"
        for name, turns in found.sides.items()]
    figures = [
        f"  {figure.number:4} {figure.title:50} {_digits(figure.value):>8} {figure.unit}  {verdict(_figure(figure))}"
        for figure in found.figures]
    facts = [f"  {name}: {fact}" for name, fact in found.facts.items()]
    return "\n".join([*sides, *figures, *facts])


def verdict(figure: Kept) -> str:
    """Whether a figure reached its target, in words."""
    target = _target(figure)
    if not target:
        return "reported"
    if figure["missed_by"]:
        return f"target {target}: missed by {figure['missed_by']:.0%}"
    beyond = figure["beyond"]
    further = beyond and (figure["value"] >= beyond if figure["at_least"] is not None else figure["value"] <= beyond)
    return f"target {target}: reached" + (f", and {beyond:g}" if further else "")


def _target(figure: Kept) -> str:
    if figure["at_least"] is not None:
        return f"≥ {figure['at_least']:g}"
    return f"≤ {figure['at_most']:g}" if figure["at_most"] is not None else ""


def markdown(benches: Mapping[str, Kept]) -> str:
    """The tables of docs/performance.md: the figures beside their targets, then each side's own speed."""
    entries = sorted(benches.values(), key=lambda entry: _number(entry["numbers"][0]))
    return "\n\n".join([
        _table(("#", "what", "median", "range", "target", "command"), _figure_rows(entries)),
        _table(("#", "side", "median", "range", "turns"), _side_rows(entries)),
        _table(("#", "commit", "date", "machine", "load before"), _machine_rows(entries)),
    ])


def _figure_rows(entries: Iterable[Kept]) -> list[tuple[str, ...]]:
    return [
        (figure["number"], figure["title"], f"{_digits(figure['value'])} {figure['unit']}".strip(), _range(figure),
         verdict(figure).removeprefix("target "), f"`{entry['command']}`")
        for entry in entries for figure in entry["figures"]]


def _side_rows(entries: Iterable[Kept]) -> list[tuple[str, ...]]:
    return [
        (entry["numbers"][0], name, f"{_digits(side['median'])} {side['unit']}", _range(side), str(len(side["turns"])))
        for entry in entries for name, side in entry["sides"].items()]


def _machine_rows(entries: Iterable[Kept]) -> list[tuple[str, ...]]:
    return [
        (", ".join(entry["numbers"]), on["commit"], on["date"][:16],
         f"{on['cores']} cores, {on['memory_gb']} GB, kernel {on['kernel']}, Python {on['python']}, {on['java']}, "
         f"Spark {on['spark']}, PostgreSQL {on['postgresql']}, pyarrow {on['pyarrow']}", str(on["load_before"]))
        for entry in entries for on in (entry["machine"],)]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _range(measured: Kept) -> str:
    return f"{_digits(measured['lowest'])} … {_digits(measured['highest'])}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _number(number: str) -> int:
    return int(number.lstrip("R"))
