"""`alerts`: rules and budgets from the command line."""

from __future__ import annotations

import argparse

from django.http import QueryDict

from metering.settings import Settings
from serving.alert_input import FaultyForm, read_budget, read_rule
from serving.alert_rules import add_rule, keep_budget
from serving.commands.table import print_table
from serving.database import reaching_postgresql
from serving.errors import BadInput
from serving.queries.alerts import alert_rules, budgets

_BY = "command line"


def run(options: argparse.Namespace, settings: Settings) -> None:
    """Do what the verb says. Raises BadInput with every fault."""
    try:
        with reaching_postgresql():
            _VERBS[options.verb](options)
    except FaultyForm as faulty:
        raise BadInput(*map(str, faulty.faults)) from faulty


def _rule(options: argparse.Namespace) -> None:
    new = add_rule(read_rule(_typed(kind=options.kind, percent=options.percent, subject=options.of)), _BY)
    print("added" if new else "in force already", flush=True)


def _budget(options: argparse.Namespace) -> None:
    budget = read_budget(_typed(customer=options.customer, currency=options.currency, amount=options.amount))
    keep_budget(budget, _BY)
    print(f"{budget.customer}: {budget.amount} {budget.currency} a month", flush=True)


def _list(options: argparse.Namespace) -> None:
    print_table(
        ("rule", "watches", "percent", "of", "made", "ended"),
        ((rule.id, rule.kind, rule.percent, rule.subject or "everyone", rule.created_at, rule.ended_at)
         for rule in alert_rules()))
    print()
    print_table(
        ("customer", "budget a month", "currency"), ((one.customer, one.amount, one.currency) for one in budgets()))


def _typed(**values: str) -> QueryDict:
    """What was typed, as a form has it."""
    typed = QueryDict(mutable=True)
    typed.update(values)
    return typed


_VERBS = {"rule": _rule, "budget": _budget, "list": _list}
