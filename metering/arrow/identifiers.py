"""The identifier rule over a column: once per distinct text, or by one look over the bytes of all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.screen import bounds_of, shared_bytes
from metering.domain.stream import IDENTIFIER_BEGINS, IDENTIFIER_CHARACTERS, IDENTIFIER_LENGTH, IDENTIFIER_PATTERN

_BEGINS, _CHARACTERS = IDENTIFIER_BEGINS.encode(), IDENTIFIER_CHARACTERS.encode()


def few_texts_fit(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where the text is an identifier, null where it is null. For dimensions, whose texts repeat."""
    encoded = column.combine_chunks().dictionary_encode()
    return pc.take(pc.match_substring_regex(encoded.dictionary, IDENTIFIER_PATTERN), encoded.indices)


def many_texts_fit(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same for texts that hardly repeat: asked of each only where one look over all does not do."""
    if all_identifiers(column.combine_chunks()):
        return pa.chunked_array([pa.repeat(True, len(column))])
    return pc.match_substring_regex(column, IDENTIFIER_PATTERN)


def all_identifiers(texts: pa.StringArray) -> bool:
    """Whether every text is an identifier, by one look over all their bytes; False where any is null, or none is."""
    if texts.null_count or not len(texts):
        return False
    block, bounds = shared_bytes(texts), bounds_of(texts)
    lengths = np.diff(bounds)
    if lengths.min() < 1 or lengths.max() > IDENTIFIER_LENGTH:
        return False
    firsts = np.frombuffer(block, dtype=np.uint8)[bounds[:-1] - bounds[0]].tobytes()
    return not firsts.translate(None, _BEGINS) and not bytes(block).translate(None, _CHARACTERS)
