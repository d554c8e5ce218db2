"""`tokens`: create, list and end API tokens."""

from __future__ import annotations

import argparse
from datetime import timedelta

from metering.clock import SystemClock
from metering.settings import Settings
from serving.accounts.models import ApiToken
from serving.accounts.roles import Role
from serving.accounts.tokens import end_token, issue_token, token_state
from serving.commands.table import print_table
from serving.database import reaching_postgresql
from serving.errors import BadInput

_MAX_DAYS = 3650


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Do what the verb says."""
    with reaching_postgresql():
        _VERBS[options.verb](options)


def _create(options: argparse.Namespace) -> None:
    name = options.name.strip()
    if not name or len(name) > 64 or not name.isprintable():
        raise BadInput(f"NAME={options.name!r}: want 1–64 printable characters")
    if options.days is not None and not 1 <= options.days <= _MAX_DAYS:
        raise BadInput(f"--days={options.days}: want 1 … {_MAX_DAYS}")
    now = SystemClock().now()
    expires_at = now + timedelta(days=options.days) if options.days else None
    print(issue_token(name, Role(options.role), expires_at)[1])


def _list(options: argparse.Namespace) -> None:
    now = SystemClock().now()
    print_table(
        ("id", "name", "role", "state", "created", "expires", "last used"),
        (
            (
                token.id, token.name, token.role, token_state(token, now), token.created_at, token.expires_at,
                token.last_used_at,
            )
            for token in ApiToken.objects.order_by("id")
        ),
    )


def _end(options: argparse.Namespace) -> None:
    if not end_token(options.id, SystemClock().now()):
        raise BadInput(f"ID={options.id}: no token of this id; `tokens list` shows all")
    print(f"token {options.id} ended")


_VERBS = {"create": _create, "list": _list, "end": _end}
