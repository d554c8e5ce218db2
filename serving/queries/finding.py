"""A line of the verdict on the health page, and the worst of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from serving.queries.freshness import Level


@dataclass(frozen=True)
class Finding:
    """One line of the verdict: how bad, what, and what to do about it."""

    level: Level
    what: str
    advice: str = ""


def worst_of(findings: Sequence[Finding]) -> Level:
    """The worst level among them, good where there is none."""
    levels = [finding.level for finding in findings]
    return next((level for level in (Level.BAD, Level.WARN) if level in levels), Level.GOOD)
