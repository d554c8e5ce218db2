"""The product's own command lines, so that what documents and compose files say can be parsed by them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import batch_layer.__main__ as batch
import lambdameter.__main__ as console
import ml.arguments as modelling
import producers.__main__ as producing
import speed_layer.__main__ as speed
from serving.arguments import command_line
from tests.lib import checker

ROOT = Path(__file__).parents[2]

PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "speed_layer": speed._parser,
    "batch_layer": batch._parser,
    "ml": modelling.parser,
    "producers": producing.parser,
    "serving": lambda: command_line(None),
    "lambdameter": console.parser,
    "tests.lib.checker": checker.parser,
}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """What the program named by `words` makes of them: `python -m PROGRAM …` or `lambdameter …`.

    Raises KeyError for a program that is none of ours, SystemExit for arguments it refuses.
    """
    if words[1:2] == ["-m"]:
        program, arguments = words[2], words[3:]
    else:
        program, arguments = Path(words[0]).name, words[1:]
    return PARSERS[program]().parse_args(arguments)


def settings_names() -> set[str]:
    """Every name that metering/settings.py reads, by the quoted words in it."""
    source = (ROOT / "metering" / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r'"((?:LAMBDAMETER|KAFKA)_[A-Z_]+|DATABASE_URL|REDIS_URL|SECRET_KEY)"', source))
