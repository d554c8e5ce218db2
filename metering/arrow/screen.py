"""Cheap looks at raw messages: which block, or which rows of it, may be read by a JSON reader as they stand."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.domain.judge import MAX_MESSAGE_BYTES
from metering.domain.stream import Field, Kind, Stream

_ASCII = 128

_VALUE_PATTERNS = {
    Kind.TIME: r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?",
    Kind.INTEGER: r"(?:0|[1-9][0-9]{0,17})",
    Kind.DECIMAL: r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?",
    Kind.IDENTIFIER: r'"[A-Za-z0-9._:-]*"',
}


def flat_objects(values: pa.BinaryArray) -> pa.Buffer | None:
    """The messages' bytes, end to end, if each is `{…}` with no brace opened inside, in UTF-8, of a size allowed.

    Then a reader that finds one object per message has found each message's own: an object can begin only where
    a message does, so none reaches into the next. The buffer is shared, not copied. None where any message
    breaks this.
    """
    count = len(values)
    if not count or values.null_count:
        return None
    block, bounds = shared_bytes(values), bounds_of(values)
    lengths = np.diff(bounds)
    if lengths.min() < 2 or lengths.max() > MAX_MESSAGE_BYTES:
        return None
    content = np.frombuffer(block, dtype=np.uint8)
    firsts = content[bounds[:-1] - bounds[0]]
    lasts = content[bounds[1:] - bounds[0] - 1]
    if np.any(firsts != ord("{")) or np.any(lasts != ord("}")) or np.count_nonzero(content == ord("{")) != count:
        return None
    return block if content.max() < _ASCII or _is_utf8(values) else None


def _is_utf8(values: pa.BinaryArray) -> bool:
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def shared_bytes(values: pa.BinaryArray | pa.StringArray) -> pa.Buffer:
    """The bytes of all values, end to end; not copied."""
    bounds = bounds_of(values)
    return values.buffers()[2].slice(int(bounds[0]), int(bounds[-1] - bounds[0]))


def bounds_of(values: pa.BinaryArray | pa.StringArray) -> np.ndarray:
    """Where each value begins in the shared bytes, and where the last one ends."""
    return np.frombuffer(values.buffers()[1], dtype=np.int32)[values.offset : values.offset + len(values) + 1]


def tidy_rows(stream: Stream, values: pa.BinaryArray) -> pa.BooleanArray:
    """True for messages of declared fields only, in plain spelling: those a block read should not stumble on."""
    return pc.fill_null(pc.match_substring_regex(values, _tidy_pattern(stream)), False)


@lru_cache
def _tidy_pattern(stream: Stream) -> str:
    pairs = "|".join(
        rf'"{re.escape(name)}" ?: ?{_value_pattern(field)}'
        for field in stream.all_fields for name in field.names)
    return rf"^\{{(?:{pairs})(?:, ?(?:{pairs}))*\}}$"


def _value_pattern(field: Field) -> str:
    if not field.text:
        return _VALUE_PATTERNS[field.kind]
    number = _few_digits(field)
    return f'(?:{number}|"{number}")'


def _few_digits(field: Field) -> str:
    """A number that a decimal of 38 digits holds, in no more decimals than the field has."""
    return rf"-?(?:0|[1-9][0-9]{{0,17}})(?:\.[0-9]{{1,{field.decimals}}})?"


def plain_decimals(stream: Stream, values: pa.BinaryArray) -> pa.BooleanArray | None:
    """True for messages that spell their numbers so that a reader's decimal is what `judge` reads.

    A reader takes text such as "1e3", "+1" and ".5", and makes 0 of 1e-59. None where the stream has no field that
    may be decimal text. Knows keys by the quotes around them: a message with a backslash is False. `values` are flat
    objects.
    """
    fields = [field for field in stream.all_fields if field.text]
    if not fields:
        return None
    plain = pc.invert(pc.match_substring(values, "\\"))
    for field in fields:
        names = "|".join(map(re.escape, field.names))
        blank = r"[ \t\r\n]*"
        pattern = rf'"(?:{names})"{blank}:{blank}{_value_pattern(field)}{blank}[,}}]'
        plain = pc.and_(plain, pc.match_substring_regex(values, pattern))
    return plain
