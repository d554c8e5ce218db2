"""The API itself: its routers, who may ask, and how faults are answered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import HttpBearer, SessionAuth

from serving.accounts.models import TokenUser
from serving.api import alerts, billing, invoices, letters, machines, proof, quotas, tariffs, usage, what_if
from serving.invoices.read import AlreadyIssued, UnknownDocument
from serving.pages.what_if_state import FaultyCandidate
from serving.queries.machines import UnknownMachine
from serving.ranges import ParameterFault


class BearerToken(HttpBearer):
    """`Authorization: Bearer TOKEN`; TokenMiddleware has looked at the token before."""

    def __call__(self, request: HttpRequest) -> TokenUser | None:
        return request.user if isinstance(request.user, TokenUser) else None

    def authenticate(self, request: HttpRequest, token: str) -> TokenUser | None:
        """As the base class wants it."""
        return self(request)


class Session(SessionAuth):
    """The session of someone who signed in."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


api = NinjaAPI(
    title="Lambdameter",
    version="1",
    description=(
        "Who used what, when, through which antenna, and how far each number can be trusted. "
        "Every row is provisional, final or corrected."
    ),
    urls_namespace="api",
    auth=[BearerToken(), Session()],
    docs_decorator=require_safe,
)
for room in (usage, quotas, proof, machines, billing, invoices, alerts, tariffs, what_if, letters):
    api.add_router("", room.router)

original = NinjaAPI(
    title="Lambdameter: the first version's addresses",
    version="original",
    description="The numbers of /api/v1/machines under the addresses of the first version.",
    urls_namespace="original",
    auth=[BearerToken(), Session()],
    docs_url=None,
    docs_decorator=require_safe,
)
original.add_router("", machines.original)


@original.exception_handler(ParameterFault)
@api.exception_handler(ParameterFault)
def unreadable(request: HttpRequest, fault: ParameterFault) -> HttpResponse:
    """400 for a parameter that cannot be read."""
    answer = {"field": fault.field, "found": fault.found, "want": fault.want}
    return api.create_response(request, answer, status=400)


@original.exception_handler(UnknownMachine)
@api.exception_handler(UnknownMachine)
def unknown(request: HttpRequest, fault: UnknownMachine) -> HttpResponse:
    """404 for a machine that never sent a sample."""
    want = "a machine that has sent samples; /api/v1/machines lists them"
    return api.create_response(request, {"field": "machine_id", "found": fault.machine, "want": want}, status=404)


@api.exception_handler(UnknownDocument)
def unknown_document(request: HttpRequest, fault: UnknownDocument) -> HttpResponse:
    """404 for a document that nobody issued, and a draft of which nothing is rated."""
    answer = {"field": fault.field, "found": fault.found, "want": fault.want}
    return api.create_response(request, answer, status=404)


@api.exception_handler(FaultyCandidate)
def unreadable_candidate(request: HttpRequest, fault: FaultyCandidate) -> HttpResponse:
    """400 with every fault of a candidate tariff."""
    answer = {"field": "candidate", "found": "a text with faults", "want": "one version", "faults": fault.faults}
    return api.create_response(request, answer, status=400)


@api.exception_handler(AlreadyIssued)
def issued_already(request: HttpRequest, fault: AlreadyIssued) -> HttpResponse:
    """404 for a draft that became an invoice, which is named."""
    want = f"an account without an invoice; this one's is /api/v1/invoices/{fault.number}"
    return api.create_response(request, {"field": "period", "found": fault.number, "want": want}, status=404)


@original.exception_handler(ValidationError)
@api.exception_handler(ValidationError)
def unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """400 for a parameter that the document does not allow; the first is named."""
    first = error.errors[0]
    field = str(next((part for part in reversed(first["loc"]) if isinstance(part, str)), "query"))
    found = ", ".join(request.GET.getlist(field)) or "nothing"
    return api.create_response(request, {"field": field, "found": found, "want": first["msg"]}, status=400)
