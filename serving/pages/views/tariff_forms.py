"""A tariff's version added as text. Needs the role operator."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from metering.domain.billing.tariffs import TariffVersion, read_versions
from metering.domain.billing.written import written
from metering.domain.errors import BadSettings
from metering.store.tariffs import add_versions
from serving.accounts.roles import Role, needs_role
from serving.pages.frame import page
from serving.queries.tariffs import kept_versions

TEMPLATE = "pages/tariff_form.html"
MOST_CHARACTERS = 100_000

EXAMPLE = """\
[[version]]
name = "mobile-basic"
valid_from = 2027-01-01
subject = "user_bytes"
customers = ["*"]
currency = "EUR"
period = "month"
unit = "1000000000"
[version.price]
model = "graduated"
tiers = [{up_to = "10", price = "0.05"}, {price = "0.03"}]
[version.rounding]
decimals = 2
mode = "half_even"
at = "line"
"""


@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(Role.OPERATOR)
def add_version(request: HttpRequest) -> HttpResponseBase:
    """The form, with the latest version of `name` to begin with; POST adds what it says, 400 names every fault.

    A version that is there already, word for word, changes nothing.
    """
    if request.method != "POST":
        return _form(request, _beginning(request.GET.get("name", "")))
    text = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        versions = _read(text)
        with transaction.atomic(), connection.cursor() as cursor:
            add_versions(cursor, versions, request.user.get_username())
    except BadSettings as bad:
        return _form(request, text, bad.faults)
    return redirect("tariff", versions[-1].name)


def _read(text: str) -> list[TariffVersion]:
    if len(text) > MOST_CHARACTERS:
        raise BadSettings([f"text is {len(text)} characters: want at most {MOST_CHARACTERS}"])
    return read_versions(text, "text")


def _beginning(name: str) -> str:
    kept = kept_versions(name) if name.isprintable() and name else []
    return written(kept[-1].version) if kept else EXAMPLE


def _form(request: HttpRequest, text: str, faults: Sequence[str] = ()) -> HttpResponseBase:
    return page(
        request, TEMPLATE, None, status=400 if faults else 200, text=text, most=MOST_CHARACTERS,
        faults=[fault.removeprefix("text: ") for fault in faults])
