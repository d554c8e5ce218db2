"""A CSV file that somebody gives to a command: read as a whole, its lines counted for the faults."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from serving.errors import BadInput

FAULTS_SHOWN = 50
FOUND_CHARACTERS = 60


def read_bytes(file: str) -> bytes:
    """What is in a file, or with - in the standard input. Raises BadInput."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"FILE={file!r}: {error.strerror}") from error


def text_of(raw: bytes) -> str:
    """The text of a file in UTF-8, a byte order mark left out. Raises BadInput with the line of what is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(f"line {line}: byte {raw[error.start]:#04x}; want UTF-8") from error


def numbered_rows(text: str, faults: list[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row with the number of its (last) line; empty rows are skipped. What is no CSV ends it, with a fault."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: not CSV ({error})")


def refuse(faults: Sequence[str]) -> None:
    """Raises BadInput with the first faults and the number of the others; nothing where there are none."""
    if faults:
        more = len(faults) - FAULTS_SHOWN
        raise BadInput(*faults[:FAULTS_SHOWN], *([f"and {more} more faults"] if more > 0 else []))
