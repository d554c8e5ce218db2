"""Signing in by password or one-time link, and signing out."""

from __future__ import annotations

import math
from datetime import timedelta

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from metering.clock import SystemClock
from serving.accounts.attempts import attempt_key, claim, forgive
from serving.accounts.forms import SignInForm
from serving.accounts.links import redeem
from serving.accounts.roles import any_role_may_post

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; POST signs in and goes on to `next`, an address of this site."""
    if request.method != "POST":
        return _page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    now = SystemClock().now()
    key = attempt_key(form.cleaned_data["name"], request.META["REMOTE_ADDR"])
    wait = claim(key, now)
    if wait:
        return _told_to_wait(request, form, wait)
    account = authenticate(
        request, username=form.cleaned_data["name"], password=form.cleaned_data["password"])
    if account is None:
        form.add_error(None, "The name or the password is wrong.")
        return _page(request, form, status=401)
    forgive(key, now)
    login(request, account, backend=_BACKEND)
    return redirect(_next(request))


@login_not_required
@never_cache
@require_safe
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Sign in by a one-time link; one that is used, old or changed leads to the form, which says so."""
    minutes = request.GET.get("minutes", "")
    now = SystemClock().now()
    account = redeem(request.GET.get("token", ""), int(minutes) if minutes.isdecimal() else 0, now)
    if account is None:
        form = SignInForm(data={})
        form.errors.clear()
        form.add_error(None, "This link was used or is too old. Ask for another, or sign in here.")
        return _page(request, form, status=403)
    login(request, account, backend=_BACKEND)
    return redirect("/")


@never_cache
@require_POST
@any_role_may_post
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


def _told_to_wait(request: HttpRequest, form: SignInForm, wait: timedelta) -> HttpResponse:
    seconds = math.ceil(wait.total_seconds())
    text = f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    form.add_error(None, f"Too many attempts. Wait {text}, then try again.")
    response = _page(request, form, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    return render(request, "accounts/sign_in.html", {"form": form, "next": _next(request)}, status=status)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else "/"
