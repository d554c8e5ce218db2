"""The values of several key columns as one number a row: grouping by a number is three times quicker than by texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import pyarrow as pa
import pyarrow.compute as pc

_MOST = 2**62


@dataclass(frozen=True)
class KeyNumbers:
    """`numbers`: one a row, equal where all columns are. `values`: each column's distinct values, the last column's
    place counting the least."""

    numbers: pa.ChunkedArray
    values: dict[str, pa.Array]

    def columns_of(self, numbers: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
        """The columns that numbers stand for."""
        columns: dict[str, pa.ChunkedArray] = {}
        for name, values in reversed(self.values.items()):
            above = pc.divide(numbers, len(values))
            columns[name] = pc.take(values, pc.subtract(numbers, pc.multiply(above, len(values))))
            numbers = above
        return {name: columns[name] for name in self.values}


def numbered(columns: Mapping[str, pa.ChunkedArray]) -> KeyNumbers | None:
    """Number the rows; None where that cannot be: a value is null, or the product of the columns' values too large."""
    if any(column.null_count for column in columns.values()):
        return None
    encoded = {name: _encoded(column) for name, column in columns.items()}
    values = {name: column.dictionary for name, column in encoded.items()}
    if prod(len(dictionary) for dictionary in values.values()) > _MOST:
        return None
    numbers: pa.Array | None = None
    for column in encoded.values():
        places = column.indices.cast(pa.int64())
        numbers = places if numbers is None else pc.add(pc.multiply(numbers, len(column.dictionary)), places)
    return KeyNumbers(pa.chunked_array([numbers]), values)


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(column.type):
        return column.combine_chunks().dictionary_encode()
    return column.unify_dictionaries().combine_chunks()
