"""What a batch run does with money, once its hours are published: rate them, judge budgets, issue what is due."""

from __future__ import annotations

from batch_layer.invoicing import issue_documents
from batch_layer.rate import Rating
from metering.clock import Clock
from metering.settings import Settings
from metering.store.budget_alerts import judge_budget_alerts
from metering.store.locked_session import LockedSession
from metering.telemetry import Log

LOG = Log("batch_layer")


def settle(session: LockedSession, settings: Settings, clock: Clock) -> None:
    """Rate what waits, judge budgets by it, issue invoices and correction notes. Again: nothing is written."""
    lines = Rating(session).run()
    if lines:
        LOG.info("rated", lines=lines)
    with session.transaction() as cursor:
        judge_budget_alerts(cursor, clock.now())
    issue_documents(session, settings, clock.now())
