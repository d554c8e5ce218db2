"""`accounts`: create, list and end the accounts that sign in, and make one-time sign-in links."""

from __future__ import annotations

import argparse
import getpass
import re
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from metering.settings import Settings
from serving.accounts import LONGEST_LINK_MINUTES
from serving.accounts.links import link_path
from serving.accounts.models import Account
from serving.commands.table import print_table
from serving.database import reaching_postgresql
from serving.errors import BadInput

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Do what the verb says."""
    with reaching_postgresql():
        _VERBS[options.verb](options, settings)


def _create(options: argparse.Namespace, settings: Settings) -> None:
    if not _NAME.fullmatch(options.name):
        raise BadInput(f"NAME={options.name!r}: want 1–64 of A-Z a-z 0-9 . _ @ + -, a letter or digit first")
    account = Account.objects.filter(name=options.name).first() or Account(name=options.name)
    if account.pk and account.is_active:
        raise BadInput(f"NAME={options.name!r}: want one that no account has")
    account.role, account.is_active = options.role, True
    account.set_password(None if options.no_password else _password(options, account))
    try:
        account.save()
    except IntegrityError as error:
        raise BadInput(f"NAME={options.name!r}: another run has just made it") from error
    print(f"{account.name} may sign in as {account.role}")


def _password(options: argparse.Namespace, account: Account) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise BadInput("the two passwords differ")
    else:
        raise BadInput("no terminal to ask on: want --password-stdin or --no-password")
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise BadInput(*error.messages) from error
    return password


def _list(options: argparse.Namespace, settings: Settings) -> None:
    print_table(
        ("name", "role", "state", "last sign-in"),
        (
            (account.name, account.role, "active" if account.is_active else "ended", account.last_login)
            for account in Account.objects.order_by("name")
        ),
    )


def _end(options: argparse.Namespace, settings: Settings) -> None:
    account = _named(options.name)
    account.end()
    print(f"{account.name} and all sessions of it ended")


def _link(options: argparse.Namespace, settings: Settings) -> None:
    account = _named(options.name)
    if not account.is_active:
        raise BadInput(f"NAME={options.name!r}: this account ended; `accounts create` lets it in again")
    if not 1 <= options.minutes <= LONGEST_LINK_MINUTES:
        raise BadInput(f"--minutes={options.minutes}: want 1 … {LONGEST_LINK_MINUTES}")
    site = settings.public_url or f"http://127.0.0.1:{options.port}"
    print(f"{site}{link_path(account, options.minutes)}")


def _named(name: str) -> Account:
    account = Account.objects.filter(name=name).first()
    if account is None:
        raise BadInput(f"NAME={name!r}: no account of this name; `accounts list` shows all")
    return account


_VERBS = {"create": _create, "list": _list, "end": _end, "link": _link}
