"""The limit on attempts at signing in, by name and address, kept in PostgreSQL for all processes."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection

from serving.accounts.models import SignInAttempt

FORGET = timedelta(days=1)
"""After so long without an attempt the failures before it no longer count."""

_CLAIM = (Path(__file__).parent / "sql" / "claim_attempt.sql").read_text(encoding="utf-8")


def attempt_key(name: str, address: str) -> str:
    """The hash under which the attempts of a name from an address are counted."""
    return hashlib.sha256(f"{name.strip().casefold()}\0{address}".encode()).hexdigest()


def claim(key: str, now: datetime) -> timedelta | None:
    """Claim one attempt at `now` (UTC). None: go on. Else how long to wait; nothing was claimed."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"key": key, "now": now, "forgotten": now - FORGET})
        if cursor.fetchone():
            return None
    kept = SignInAttempt.objects.filter(key=key).first()
    return max(kept.blocked_until - now, timedelta(seconds=1)) if kept else timedelta(seconds=1)


def forgive(key: str, now: datetime) -> None:
    """Take back all claims of `key` after the right password, and drop what is long forgotten."""
    SignInAttempt.objects.filter(key=key).delete()
    SignInAttempt.objects.filter(seen_at__lt=now - FORGET).delete()
