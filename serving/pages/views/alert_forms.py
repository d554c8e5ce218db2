"""Rules and budgets added, ended and removed. Sending a form needs the role operator."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from metering.clock import SystemClock
from serving.accounts.roles import Role, needs_role
from serving.alert_input import FaultyForm, read_budget, read_rule
from serving.alert_rules import add_rule, keep_budget
from serving.pages.alert_state import read_alerts
from serving.pages.views.alerts import show_alerts
from serving.ranges import ParameterFault
from serving.schema.models import AlertRule, Budget


@require_POST
@needs_role(Role.OPERATOR)
def new_rule(request: HttpRequest) -> HttpResponseBase:
    """Add a rule and lead to all of them; 400 names every fault."""
    try:
        new = add_rule(read_rule(request.POST), request.user.get_username())
    except FaultyForm as bad:
        return _refused(request, bad.faults)
    if not new:
        return _refused(request, (ParameterFault("rule", _words(request.POST), "one that is not in force already"),))
    return redirect(_rules_page())


@require_POST
@needs_role(Role.OPERATOR)
def end_rule(request: HttpRequest, number: int) -> HttpResponseBase:
    """End a rule; its alerts stay and are still judged. Ending it again changes nothing; an unknown one is 404."""
    if not AlertRule.objects.filter(id=number).update(ended_at=Coalesce(F("ended_at"), Now())):
        raise Http404
    return redirect(_rules_page())


@require_POST
@needs_role(Role.OPERATOR)
def set_budget(request: HttpRequest) -> HttpResponseBase:
    """Give a customer a budget, in place of the one in that currency; 400 names every fault."""
    try:
        keep_budget(read_budget(request.POST), request.user.get_username())
    except FaultyForm as bad:
        return _refused(request, bad.faults)
    return redirect(_rules_page())


@require_POST
@needs_role(Role.OPERATOR)
def remove_budget(request: HttpRequest) -> HttpResponseBase:
    """Take a customer's budget away; one that is gone already is 404."""
    gone, _ = Budget.objects.filter(
        customer=request.POST.get("customer", ""), currency=request.POST.get("currency", "")).delete()
    if not gone:
        raise Http404
    return redirect(_rules_page())


def _rules_page() -> str:
    return reverse("alerts") + "?show=rules"


def _words(typed: QueryDict) -> str:
    return f"{typed.get('kind', '')} {typed.get('percent', '')} % of {typed.get('subject', '') or 'everyone'}"


def _refused(request: HttpRequest, faults: tuple[ParameterFault, ...]) -> HttpResponseBase:
    state = read_alerts(QueryDict("show=rules"), SystemClock().now())
    return show_alerts(request, state, faults, request.POST.dict())
