"""What a webhook's receiver relies on: the headers, the signature, how long a sender waits between tries."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

SIGNATURE = "Lambdameter-Signature"
KEY = "Idempotency-Key"

LONGEST_PAUSE_S = 3600
"""A receiver that is back is told within the hour."""


def canonical(payload: Mapping[str, object]) -> bytes:
    """The body: JSON of one form, so that every try of a change sends the same bytes."""
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signature(secret: str, at: int, body: bytes) -> str:
    """The header's value: `at` in epoch seconds, and the HMAC-SHA256 (RFC 2104) of `at`, a point and the body.

    >>> signature("s", 1, b"{}")[:20]
    't=1,v1=b253639bcd705'
    """
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def pause_s(tries: int) -> int:
    """Seconds to wait after so many failed tries: doubled each time, up to an hour.

    >>> [pause_s(tries) for tries in (1, 2, 3, 12, 13, 10_000)]
    [1, 2, 4, 2048, 3600, 3600]
    """
    return min(2 ** min(tries - 1, 12), LONGEST_PAUSE_S)
