"""DATABASE_URL as Django wants it, and roles by rank."""

from __future__ import annotations

import pytest

from serving.accounts.roles import Role
from serving.database import django_database


@pytest.mark.parametrize(("url", "wanted"), [
    ("postgresql://me:a%40b%2Fc@db.example.org:5433/usage", {
        "NAME": "usage", "USER": "me", "PASSWORD": "a@b/c", "HOST": "db.example.org", "PORT": "5433"}),
    ("postgres://db/usage", {"NAME": "usage", "USER": "", "PASSWORD": "", "HOST": "db", "PORT": ""}),
    ("postgresql://me@[::1]:5432/us%20age", {"NAME": "us age", "HOST": "::1"}),
    ("postgresql:///usage?host=/run/postgresql", {
        "NAME": "usage", "HOST": "", "OPTIONS": {"host": "/run/postgresql", "connect_timeout": 5}}),
    ("postgresql://db/usage?sslmode=verify-full&connect_timeout=9", {
        "OPTIONS": {"sslmode": "verify-full", "connect_timeout": "9"}}),
])
def test_an_address_is_taken_apart(url: str, wanted: dict[str, object]) -> None:
    found = django_database(url)

    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(("role", "may"), [
    (Role.VIEWER, [True, False, False]), (Role.OPERATOR, [True, True, False]), (Role.ADMIN, [True, True, True])])
def test_each_role_may_do_what_those_before_it_may(role: Role, may: list[bool]) -> None:
    assert [role.includes(other) for other in Role] == may
