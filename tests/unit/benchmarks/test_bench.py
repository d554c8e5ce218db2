"""A bench's figures: turns, ratios turn by turn, what is missing of a target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from benchmarks.bench import ALL, Figure, Room, Side, Turns, named, ratios, take_turns


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as entered:
        yield Room(tmp_path, entered, repeats=3, say=lambda text: None)


def test_sides_take_turns_and_the_warm_one_is_not_counted(room: Room) -> None:
    order: list[str] = []
    clock = count(1)

    def side(name: str) -> Side:
        return Side(name, "s", lambda: order.append(name) or float(next(clock)))

    taken = take_turns([side("ours"), side("theirs")], room)

    assert order == ["ours", "theirs"] * 4
    assert taken == {"ours": Turns("s", (3.0, 5.0, 7.0)), "theirs": Turns("s", (4.0, 6.0, 8.0))}


def test_a_ratio_is_taken_turn_by_turn() -> None:
    drifting = ratios(Turns("s", (10.0, 30.0, 90.0)), Turns("s", (10.0, 10.0, 30.0)))

    assert drifting == (1.0, 3.0, 3.0)
    assert Figure("R1", "drifting", drifting).value == 3.0


@pytest.mark.parametrize(("figure", "missed_by"), [
    (Figure("R1", "fast", (1.2,), at_least=1.0), 0.0),
    (Figure("R1", "slow", (0.9,), at_least=1.0), 0.1),
    (Figure("R9", "quick", (0.8,), at_most=1.0), 0.0),
    (Figure("R9", "long", (1.5,), at_most=1.0), 0.5),
    (Figure("R4", "reported", (99.0,)), 0.0),
])
def test_what_is_missing_of_a_target(figure: Figure, missed_by: float) -> None:
    assert figure.missed_by == pytest.approx(missed_by)


@pytest.mark.parametrize(("figure", "within"), [
    (Figure("R3", "speed", (8.5,), at_least=12.0), True),
    (Figure("R3", "speed", (8.3,), at_least=12.0), False),
    (Figure("R9", "time", (1.42,), at_most=1.0), True),
    (Figure("R9", "time", (1.44,), at_most=1.0), False),
    (Figure("R4", "reported", (99.0,)), True),
])
def test_seventy_percent_of_a_target_is_enough_in_the_short_form(figure: Figure, within: bool) -> None:
    assert figure.within(0.7) is within


def test_a_bench_is_found_by_its_name_and_by_each_of_its_numbers() -> None:
    assert [bench.name for bench in named(["r2"])] == ["drain"] == [bench.name for bench in named(["drain", "R4"])]
    assert named([]) == list(ALL)
    with pytest.raises(KeyError, match="R99"):
        named(["R1", "R99"])


def test_no_two_benches_share_a_name_or_a_number() -> None:
    words = [word for bench in ALL for word in (bench.name, *bench.numbers)]

    assert len(words) == len(set(words))
    assert all((Path("benchmarks") / f"{bench.module}.py").exists() for bench in ALL)
