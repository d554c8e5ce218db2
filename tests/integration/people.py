"""The people of the tests: a stranger, one of each role, and programs with a token of each role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import Client

PASSWORD = "correct horse battery staple"
WHO = ("stranger", "viewer", "operator", "admin", "viewer's token", "operator's token", "admin's token")


def make_account(name: str, role: str) -> Any:
    """An account with PASSWORD; one that is there stays, and its sessions with it."""
    from serving.accounts.models import Account

    account, new = Account.objects.get_or_create(name=name, defaults={"role": role})
    if new:
        account.set_password(PASSWORD)
        account.save()
    return account


def client_of(who: str) -> Client:
    """A browser or a program of one of WHO. Enforces the check against forged requests, as the site does."""
    from serving.accounts.roles import Role
    from serving.accounts.tokens import issue_token

    role, _, is_token = who.partition("'s ")
    if is_token:
        _, text = issue_token("test", Role(role), None)
        return Client(headers={"Authorization": f"Bearer {text}"}, enforce_csrf_checks=True)
    client = Client()
    if role != "stranger":
        client.force_login(make_account(role, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements that Django sends within it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    statements: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield statements
    statements += [query["sql"] for query in captured.captured_queries]
