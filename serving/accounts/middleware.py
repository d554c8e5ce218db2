"""Deny by default: a token or a session is asked for everywhere, and changes need an operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from metering.clock import SystemClock
from serving.accounts.models import TokenUser
from serving.accounts.roles import Role
from serving.accounts.tokens import find_token

Respond = Callable[[HttpRequest], HttpResponse]

READING = ("GET", "HEAD", "OPTIONS")
FOR_MACHINES = ("/api/", "/metrics")


class TokenMiddleware:
    """`Authorization: Bearer TOKEN` stands in for a session; a token that is not good is refused."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self._respond(request)
        token = find_token(text.strip(), SystemClock().now())
        if token is None:
            return _unauthorized("a token that is unknown, ended or expired")
        request.user = TokenUser(token)
        # No browser adds a token by itself, so a forged request cannot carry one.
        request._dont_enforce_csrf_checks = True
        return self._respond(request)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Everything but what is marked `login_not_required` asks for sign-in; machines get 401, people the page."""

    def handle_no_permission(self, request: HttpRequest, view: Any) -> HttpResponse:
        if request.path.startswith(FOR_MACHINES):
            return _unauthorized("nothing")
        return super().handle_no_permission(request, view)


class RoleMiddleware:
    """Whoever may only read may not send anything that changes something."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._respond(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        open_to_all = getattr(view, "any_role_may_post", False) or not getattr(view, "login_required", True)
        if request.method in READING or open_to_all:
            return
        if not request.user.may(Role.OPERATOR):
            raise PermissionDenied("this needs the role operator")


def _unauthorized(found: str) -> JsonResponse:
    answer = {"field": "Authorization", "found": found, "want": "Bearer TOKEN, or a session"}
    return JsonResponse(answer, status=401, headers={"WWW-Authenticate": "Bearer"})
