"""A fingerprint of a set of rows that depends neither on their order nor on the files they stand in.

It is the sum modulo 2^256 of the SHA-256 of each row's canonical bytes, with the number of rows beside it: a multiset
hash by addition (Bellare and Micciancio, "A new paradigm for collision-free hashing", 1997; Clarke and others,
"Incremental multiset hash functions", 2003). Fingerprints of parts add up to that of the whole.

What it protects against: any row changed, added, removed or repeated, by accident or by a person who touches a few
rows, gives another fingerprint, but for a chance of about 2^-256. What it does not: it has no secret, so who may
rewrite the fingerprint itself can make one for any rows; and who may put in tens of thousands of rows of free choice
can find a set with a given sum in about 2^32 steps (Wagner's generalised birthday attack, 2002, with 2^16 rows). It is
no signature. Keep the fingerprints where the archive's keepers cannot write.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

MODULUS = 2**256
UNKNOWN = b"~"
"""Stands for null: no number of bytes begins with it."""

Cell = str | int | Decimal | float | None


@dataclass(frozen=True)
class ContentHash:
    """The fingerprint of so many rows. Without rows it is zero, the neutral element of `+`."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: ContentHash) -> ContentHash:
        return ContentHash(self.rows + other.rows, (self.total + other.total) % MODULUS)

    @property
    def hex(self) -> str:
        """64 digits."""
        return f"{self.total:064x}"


def content_hash(rows: Iterable[Mapping[str, Cell]]) -> ContentHash:
    """The fingerprint of rows; each row twice is not each row once.

    >>> one, other = {"id": "a", "used": 5}, {"id": "b", "used": None}
    >>> content_hash([one, other]) == content_hash([other]) + content_hash([one])
    True
    >>> content_hash([one, one]) == content_hash([one])
    False
    """
    return of_digests(hashlib.sha256(canonical(row)).digest() for row in rows)


def of_digests(digests: Iterable[bytes]) -> ContentHash:
    """The fingerprint of rows whose SHA-256 are known."""
    rows, total = 0, 0
    for digest in digests:
        rows += 1
        total += int.from_bytes(digest, "big")
    return ContentHash(rows, total % MODULUS)


def canonical(row: Mapping[str, Cell]) -> bytes:
    """A row's bytes: `head` of its columns by name, then each value in that order.

    >>> canonical({"id": "a", "used": 5, "event_id": None})
    b'16:event_id,id,used,~1:a,1:5,'
    """
    names = sorted(row)
    return head(names) + b"".join(_value(row[name]) for name in names)


def head(names: Iterable[str]) -> bytes:
    """What a row's bytes begin with; `names` sorted, none with a comma in it."""
    return net(",".join(names).encode())


def net(content: bytes) -> bytes:
    """Bytes with their number before them and a comma behind, so that no two lists of them look alike."""
    return b"%d:%b," % (len(content), content)


def _value(value: Cell) -> bytes:
    return UNKNOWN if value is None else net(cell_text(value).encode())


def cell_text(value: str | int | Decimal | float) -> str:
    """A value's one spelling: every decimal digit it has, a double by its bits, times in epoch microseconds.

    >>> cell_text(Decimal("12.500000")), cell_text(-3), cell_text(0.5)
    ('12.500000', '-3', '4602678819172646912')
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(struct.unpack("<q", struct.pack("<d", value))[0]) if isinstance(value, float) else str(value)
