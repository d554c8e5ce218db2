"""Answers to what went wrong: JSON for machines, a page for people, never a stack trace."""

from __future__ import annotations

import sys

import django.db
import psycopg2
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.views import defaults

from serving.accounts.middleware import FOR_MACHINES

_AWAY = (django.db.OperationalError, django.db.InterfaceError, psycopg2.OperationalError)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but the role does not suffice, or a form from elsewhere."""
    if request.path.startswith(FOR_MACHINES):
        return _json(403, "role", str(getattr(request.user, "role", "none")), str(exception))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path.startswith(FOR_MACHINES):
        return _json(404, "path", request.path, "an address that /api/v1/docs lists")
    return defaults.page_not_found(request, exception)


def server_fault(request: HttpRequest) -> HttpResponse:
    """503 while PostgreSQL is away, else 500. Asks the database nothing, so it works without one."""
    away = isinstance(sys.exc_info()[1], _AWAY)
    status = 503 if away else 500
    words = "PostgreSQL does not answer; try again soon" if away else "a fault of ours; the log has it"
    if request.path.startswith(FOR_MACHINES):
        return _json(status, "service", "PostgreSQL" if away else "site", words)
    return HttpResponse(_page(f"{status}.html") or f"{words}\n", status=status)


def _page(template: str) -> str | None:
    try:
        return render_to_string(template)
    except TemplateDoesNotExist:
        return None


def _json(status: int, field: str, found: str, want: str) -> JsonResponse:
    return JsonResponse({"field": field, "found": found, "want": want}, status=status)
