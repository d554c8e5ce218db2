"""Accounts, API tokens, and attempts at signing in."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from serving.accounts.roles import ROLE_NAMES, Role


class Account(AbstractBaseUser):
    """A person who signs in by name. One that ended (`is_active` false) has no session and no link."""

    name = models.TextField(unique=True)
    role = models.TextField()
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = BaseUserManager["Account"]()

    USERNAME_FIELD = "name"

    class Meta:
        db_table = "account"
        constraints = [models.CheckConstraint(condition=Q(role__in=ROLE_NAMES), name="account_role")]

    def may(self, role: Role) -> bool:
        """Whether this account may do what `role` may."""
        return Role(self.role).includes(role)

    def end(self) -> None:
        """Let it in no more, by password, link or session. Ending it again changes nothing."""
        self.is_active = False
        self.set_unusable_password()  # the sessions carry a hash of it and are void with it
        self.save(update_fields=["is_active", "password"])


class ApiToken(models.Model):
    """A token for programs. The token itself is kept nowhere, only its SHA-256."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    role = models.TextField()
    sha256 = models.TextField(unique=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
        constraints = [models.CheckConstraint(condition=Q(role__in=ROLE_NAMES), name="api_token_role")]


class SignInAttempt(models.Model):
    """Failures of one name from one address. `key` is a hash: people type passwords into the name's field."""

    key = models.TextField(primary_key=True)
    failures = models.BigIntegerField()
    blocked_until = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_attempt"
        indexes = [models.Index(fields=["seen_at"], name="sign_in_attempt_seen")]


class TokenUser:
    """Who a request with a valid token is from. Behaves like a signed-in account, but has no session."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, token: ApiToken) -> None:
        self.name = token.name
        self.role = token.role

    def may(self, role: Role) -> bool:
        """Whether this token may do what `role` may."""
        return Role(self.role).includes(role)

    def get_username(self) -> str:
        return self.name

