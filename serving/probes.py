"""For machines: is the process alive, is the site ready, and its numbers for monitoring."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from metering.domain.errors import ServiceAway
from serving.database import reaching_postgresql
from serving.metrics.scrape import scrape
from serving.queries.streams import declared_relations


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers, whatever the database does."""
    return _line("ok", 200)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL answers and has all that migrations and declared streams want, else 503 and why."""
    try:
        with reaching_postgresql():
            missing, absent = missing_migrations(), absent_relations()
    except ServiceAway:
        return _line("PostgreSQL does not answer", 503)
    if missing:
        return _line(f"{len(missing)} migrations are not applied: run `python -m serving migrate`", 503)
    if absent:
        return _line(f"{absent[0]} of a declared stream is not there: run `python -m serving migrate`", 503)
    return _line("ready", 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What a monitoring system reads, with a token or a session."""
    return HttpResponse(scrape(), content_type=CONTENT_TYPE_LATEST)


def missing_migrations() -> set[tuple[str, str]]:
    """The (app, name) of migrations that the program has and the database has not."""
    if "django_migrations" not in connection.introspection.table_names():
        return set(_known_migrations())
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(_known_migrations()) - set(cursor.fetchall())


def absent_relations() -> list[str]:
    """The tables and views that a declared stream names and the database has not."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor, include_views=True)
    return sorted(declared_relations().keys() - set(names))


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _line(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)
