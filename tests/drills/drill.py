"""What a drill is: a named function of a scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.drills.scene import Scene


@dataclass(frozen=True)
class Drill:
    """`run` hurts the product, lets it heal, and ends with `scene.judge()`.

    `number` as in the list of drills, empty for one beside it. `short`: it has a short form. `settings` are
    laid over the defaults of every program of its scene.
    """

    name: str
    number: str
    title: str
    run: Callable[[Scene], None]
    short: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
