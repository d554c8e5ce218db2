"""The administrator's page: who may sign in, which tokens exist, and ending either."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from metering.clock import SystemClock
from serving.accounts.models import Account, ApiToken
from serving.accounts.roles import Role, needs_role
from serving.accounts.tokens import end_token, token_state
from serving.pages.frame import page


@never_cache
@require_safe
@needs_role(Role.ADMIN)
def people(request: HttpRequest) -> HttpResponse:
    """All accounts and tokens; two queries."""
    now = SystemClock().now()
    tokens = [(token, token_state(token, now)) for token in ApiToken.objects.order_by("id")]
    return page(request, "accounts/people.html", None, accounts=Account.objects.order_by("name"), tokens=tokens)


@require_POST
@needs_role(Role.ADMIN)
def end_account(request: HttpRequest, name: str) -> HttpResponse:
    """End an account and its sessions. Ending it again changes nothing."""
    get_object_or_404(Account, name=name).end()
    return redirect("people")


@require_POST
@needs_role(Role.ADMIN)
def end_api_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token for good. Ending it again changes nothing."""
    end_token(token_id, SystemClock().now())
    return redirect("people")
