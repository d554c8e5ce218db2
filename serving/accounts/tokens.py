"""API tokens: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from serving.accounts.models import ApiToken
from serving.accounts.roles import Role

_PREFIX = "lm_"  # lets a secret scanner, and a person, tell what was leaked
_SEEN_EVERY = timedelta(minutes=1)


def issue_token(name: str, role: Role, expires_at: datetime | None) -> tuple[ApiToken, str]:
    """Make a token and give it with its row; the text cannot be had again."""
    text = _PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(name=name, role=role.value, sha256=_hash(text), expires_at=expires_at)
    return row, text


def find_token(text: str, now: datetime) -> ApiToken | None:
    """The token's row while it is neither ended nor expired at `now`; notes its use once a minute."""
    alive = Q(ended_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    token = ApiToken.objects.filter(alive, sha256=_hash(text)).first()
    if token and (token.last_used_at is None or token.last_used_at < now - _SEEN_EVERY):
        ApiToken.objects.filter(id=token.id).update(last_used_at=now)
    return token


def end_token(token_id: int, now: datetime) -> bool:
    """End a token for good; False when there is none of this id. Ending it again keeps the first time."""
    ApiToken.objects.filter(id=token_id, ended_at=None).update(ended_at=now)
    return ApiToken.objects.filter(id=token_id).exists()


def token_state(token: ApiToken, now: datetime) -> str:
    """In a word: active, ended or expired."""
    if token.ended_at:
        return "ended"
    return "expired" if token.expires_at and token.expires_at <= now else "active"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
