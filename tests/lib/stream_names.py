"""Whether a line of the kernel, the speed layer or the batch layer names a stream: `python -m tests.lib.stream_names`.

What a stream is known by is gathered from its declaration: topic, rollups, tables and views, cut types, and the fields
whose names are no plain word. Code and SQL must have none of it, doctests neither; prose may: a docstring
or a comment can give an example. Prints each line found and ends with status 1, or says that there is none.
"""

from __future__ import annotations

import doctest
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from metering.domain.stream import Stream
from metering.streams import STREAMS

ROOT = Path(__file__).parents[2]
ROOMS = ("metering", "speed_layer", "batch_layer")
DECLARATIONS = (Path("metering/streams"), Path("metering/domain/features.py"))

_AS_RELATION = r"\b(?:from|join|into|update|table|view|only)\s+"
_QUOTE = "['\"`]"
_ROOM = re.compile(r"(metering\.domain\.|['\"](?=\w+/\w+['\"]))\w+")
"""A room of the domain, or of `metering/sql` with a statement in it: it may be called as a stream is."""
_OF_QUOTAS = frozenset({"email", "usage", "quota"})
"""Columns of every stream's table of violations: as a quoted word no stream's name, as a relation still one."""


@dataclass(frozen=True)
class Found:
    """A line that names a stream."""

    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: names {self.name!r}, which only a stream's declaration may"


@dataclass(frozen=True)
class Names:
    """`distinct` are found as whole words wherever they stand; `words` mean other things too, so they count only
    as a whole string or where SQL wants a relation."""

    distinct: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, streams: Iterable[Stream]) -> Names:
        """All that these streams are known by."""
        streams = list(streams)
        topics = {stream.topic for stream in streams}
        names = {name for stream in streams for name in _named(stream)}
        fields = {name for stream in streams for field in stream.fields for name in field.names}
        distinct = {name for name in names | fields if "_" in name} | topics
        return cls(frozenset(distinct), frozenset(names - distinct))

    def in_text(self, text: str) -> list[str]:
        """Those that a piece of SQL, a string or a doctest has."""
        found = _matches(rf"(?<!\w)({_any(self.distinct)})(?!\w)", text)
        quoted = rf"(?<!\w){_QUOTE}({_any(self.words - _OF_QUOTAS)}){_QUOTE}(?!\w)"
        return [*found, *_matches(quoted, text), *_matches(rf"{_AS_RELATION}{_QUOTE}?({_any(self.words)})\b", text)]

    def in_identifier(self, identifier: str) -> list[str]:
        """The name itself, in capitals or not."""
        return [identifier] if identifier.lower() in self.distinct else []


def check(root: Path = ROOT, streams: Iterable[Stream] | None = None) -> list[Found]:
    """Every line below `root` that names one of the streams, by default of all that are declared."""
    names = Names.of(STREAMS.values() if streams is None else streams)
    found = []
    for path in _sources(root):
        read = _python if path.suffix == ".py" else _sql
        lines = {(line, name) for line, name in read(names, path.read_text(encoding="utf-8"))}
        found += [Found(path.relative_to(root), line, name) for line, name in sorted(lines)]
    return found


def main() -> int:
    """Tell each line found; returns the exit status."""
    found = check()
    for one in found:
        print(one, file=sys.stderr)
    if not found:
        print(f"no line of {', '.join(ROOMS)} names a stream outside of {', '.join(map(str, DECLARATIONS))}")
    return 1 if found else 0


def _named(stream: Stream) -> Iterator[str]:
    for rollup in stream.rollups:
        yield rollup.name
        relations = (rollup.realtime, rollup.batch, rollup.merged, rollup.hourly_batch, rollup.hourly_merged)
        yield from (name for name in relations if name)
        yield from (text for cut in rollup.cuts for text in cut.constants.values())
    if stream.quota:
        yield from (stream.quota.table, stream.quota.cut_type)


def _sources(root: Path) -> list[Path]:
    found = [path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in (".py", ".sql")]
    return sorted(path for path in found if not any(path.is_relative_to(root / one) for one in DECLARATIONS))


def _python(names: Names, text: str) -> Iterator[tuple[int, str]]:
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(_ROOM.sub(r"\1room", text)).readline):
        if token.type == tokenize.NAME:
            yield from ((token.start[0], name) for name in names.in_identifier(token.string))
        elif token.type == tokenize.STRING and before in _STARTS_A_LINE:
            yield from _doctests(names, token.string, token.start[0])
        elif token.type in _TEXTS:
            yield from _by_line(names, token.string, token.start[0])
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type


_STARTS_A_LINE = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
_TEXTS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def _doctests(names: Names, docstring: str, first: int) -> Iterator[tuple[int, str]]:
    for example in doctest.DocTestParser().get_examples(docstring):
        yield from _by_line(names, example.source + example.want, first + example.lineno)


def _sql(names: Names, text: str) -> Iterator[tuple[int, str]]:
    return _by_line(names, re.sub(r"--.*", "", text), 1)


def _by_line(names: Names, text: str, first: int) -> Iterator[tuple[int, str]]:
    """A relation may stand a line below its keyword, so all of it is looked at, then told by line."""
    for name in names.in_text(text):
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        yield from ((number, name) for number, line in enumerate(text.splitlines(), first) if word.search(line))


def _any(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names))) or r"(?!)"


def _matches(pattern: str, text: str) -> Sequence[str]:
    return sorted({match.lower() for match in re.findall(pattern, text, re.IGNORECASE)})


if __name__ == "__main__":
    sys.exit(main())
