"""One-time sign-in links: signed, good for some minutes, void once used or once the password changes."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from sesame.utils import get_token, get_user

from serving.accounts import LONGEST_LINK_MINUTES
from serving.accounts.models import Account


def link_path(account: Account, minutes: int) -> str:
    """The path and query of a link that signs `account` in once within `minutes` (at most LONGEST_LINK_MINUTES)."""
    query = {"minutes": minutes, "token": get_token(account, scope=_scope(minutes))}
    return f"{reverse('sign-in-link')}?{urlencode(query)}"


def redeem(token: str, minutes: int, now: datetime) -> Account | None:
    """The account of a link that is still good, which it is no longer afterwards; else None.

    The last sign-in, which is part of the signature, is compared and set, so that of two at once one wins.
    """
    if not 1 <= minutes <= LONGEST_LINK_MINUTES:
        return None
    account = get_user(token, scope=_scope(minutes), max_age=minutes * 60, update_last_login=False)
    if account is None:
        return None
    same = {"last_login": account.last_login} if account.last_login else {"last_login__isnull": True}
    claimed = Account.objects.filter(pk=account.pk, is_active=True, **same).update(last_login=now)
    return account if claimed else None


def _scope(minutes: int) -> str:
    return f"sign-in within {minutes} minutes"
