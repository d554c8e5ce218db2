"""Rules and budgets as they are kept."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from metering.clock import SystemClock
from metering.domain.alerts import Rule
from serving.alert_input import Budget
from serving.schema import models


def add_rule(rule: Rule, by: str) -> bool:
    """Add a rule; False where such a one is in force already."""
    try:
        with transaction.atomic():
            models.AlertRule.objects.create(
                kind=rule.kind.value, percent=rule.percent, subject=rule.subject, created_by=by)
    except IntegrityError:
        return False
    return True


def keep_budget(budget: Budget, by: str) -> None:
    """Give a customer a budget, in place of the one in that currency. A repeat changes nothing but who and when."""
    models.Budget.objects.bulk_create(
        [models.Budget(customer=budget.customer, currency=budget.currency, amount=budget.amount,
                       changed_at=SystemClock().now(), changed_by=by)],
        update_conflicts=True, unique_fields=["customer", "currency"],
        update_fields=["amount", "changed_at", "changed_by"])
