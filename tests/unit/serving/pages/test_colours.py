"""Contrasts of the style's colours, by the formula of WCAG 2.2, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import serving.pages

STYLE = (Path(serving.pages.__file__).parent / "static" / "serving" / "site.css").read_text(encoding="utf-8")
LIGHT, DARK, DARK_BY_SYSTEM = ":root {", ':root[data-theme="dark"] {', ':root:not([data-theme="light"]) {'

TEXT = [
    ("ink", "page"), ("ink", "card"), ("muted", "page"), ("muted", "card"), ("muted", "sunk"), ("accent", "page"),
    ("accent", "card"), ("accent", "tint"), ("on-accent", "accent"), ("good", "card"), ("good", "good-tint"),
    ("warn", "page"), ("warn", "warn-tint"), ("bad", "page"), ("bad", "card"), ("bad", "bad-tint")]
SHAPES = [
    ("edge", "card"), ("edge", "page"), ("series-others", "card"), *((f"series-{n}", "card") for n in range(1, 9))]


def tokens(block: str) -> dict[str, str]:
    """The colours that a block of the style names."""
    start = STYLE.index(block)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", STYLE[start:STYLE.index("}", start)]))


def luminance(colour: str) -> float:
    channels = (int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_shapes_stand_out_enough(theme: str) -> None:
    colours = tokens(theme)

    too_low = [pair for pair in TEXT if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    too_low += [pair for pair in SHAPES if contrast(colours[pair[0]], colours[pair[1]]) < 3]

    assert too_low == []


def test_dark_by_the_system_and_dark_by_the_switch_are_the_same() -> None:
    assert tokens(DARK) == tokens(DARK_BY_SYSTEM)
