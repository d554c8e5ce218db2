"""64-bit numbers of identities: equal identities have equal ones, so only rows that share one need be compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Fingerprints = NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, as in Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4)."""
_HALF = np.uint64(32)
_WORD = 8
_LOW_BITS = np.uint64(2**20 - 1)


def fingerprints(texts: pa.ChunkedArray) -> Fingerprints:
    """Of each text, in order; 0 of a null. Different texts may share one: it is a sieve, not a proof."""
    return np.concatenate([np.empty(0, np.uint64), *(_of_chunk(chunk) for chunk in texts.chunks)])


def of_places(partitions: pa.ChunkedArray, offsets: pa.ChunkedArray) -> Fingerprints:
    """Of places in one topic of Kafka."""
    start = np.full(len(offsets), _ODD, np.uint64)
    return _mix(_mix(start, partitions.to_numpy().astype(np.uint64)), offsets.to_numpy().astype(np.uint64))


def shared(found: Fingerprints) -> NDArray[np.int64]:
    """The numbers of the rows whose fingerprint another row has too, ascending."""
    ordered = np.sort(found)
    several = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(several):
        return np.empty(0, np.int64)
    marked = np.zeros(_LOW_BITS + 1, np.bool_)
    marked[several & _LOW_BITS] = True
    # A table of low bits is looked up ten times quicker than a sorted list, and few get past it.
    candidates = np.flatnonzero(marked[found & _LOW_BITS])
    several = np.unique(several)
    nearest = np.minimum(np.searchsorted(several, found[candidates]), len(several) - 1)
    return candidates[several[nearest] == found[candidates]]


def _of_chunk(texts: pa.Array) -> Fingerprints:
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(ends)
    content = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    if len(lengths) and (lengths == lengths[0]).all():
        found = _of_words(content[ends[0] : ends[-1]].reshape(len(texts), lengths[0]))
    else:
        found = _of_lengths(content, ends[:-1], lengths)
    return np.where(pc.is_null(texts).to_numpy(zero_copy_only=False), np.uint64(0), found)


def _of_lengths(content: NDArray[np.uint8], starts: NDArray[np.int32], lengths: NDArray[np.int32]) -> Fingerprints:
    """Texts of several lengths, each length at once; identities have few."""
    found = np.zeros(len(starts), np.uint64)
    for length in np.unique(lengths):
        mine = lengths == length
        found[mine] = _of_words(content[starts[mine][:, None] + np.arange(length)])
    return found


def _of_words(letters: NDArray[np.uint8]) -> Fingerprints:
    """Of the rows of a table of bytes, eight bytes at a time."""
    rows, length = letters.shape
    padded = np.zeros((rows, -(-length // _WORD) * _WORD), np.uint8)
    padded[:, :length] = letters
    found = np.full(rows, length, np.uint64)
    for word in padded.view(np.uint64).T if length else ():
        found = _mix(found, word)
    return found


def _mix(found: Fingerprints, word: Fingerprints) -> Fingerprints:
    mixed = (found ^ word) * _ODD
    return mixed ^ (mixed >> _HALF)
