"""The pages' addresses."""

from django.urls import path

from serving.pages.views.alert_forms import end_rule, new_rule, remove_budget, set_budget
from serving.pages.views.alerts import alerts_page
from serving.pages.views.billing import billing, company
from serving.pages.views.dashboard_forms import change_dashboard, delete_dashboard, import_dashboard, new_dashboard
from serving.pages.views.dashboards import dashboard, dashboards
from serving.pages.views.events import events
from serving.pages.views.explorer import explorer
from serving.pages.views.gaps import gaps_page
from serving.pages.views.health import health
from serving.pages.views.invoice import draft_invoice, invoice
from serving.pages.views.invoices import invoices
from serving.pages.views.letter_forms import acknowledge_gaps, discard_letters, replay_letters
from serving.pages.views.letters import letter_page, letters_page
from serving.pages.views.machine import machine
from serving.pages.views.machines import machines
from serving.pages.views.offers import offers
from serving.pages.views.overview import overview
from serving.pages.views.passport import passport
from serving.pages.views.proof import proof
from serving.pages.views.quotas import quotas
from serving.pages.views.services import services
from serving.pages.views.tariff_forms import add_version
from serving.pages.views.tariffs import tariff, tariffs
from serving.pages.views.usage import usage
from serving.pages.views.what_if import quota_what_if, tariff_what_if

urlpatterns = [
    path("", overview, name="overview"),
    path("usage", usage, name="usage"),
    path("quotas", quotas, name="quotas"),
    path("alerts", alerts_page, name="alerts"),
    path("alerts/rules/new", new_rule, name="new-alert-rule"),
    path("alerts/rules/<int:number>/end", end_rule, name="end-alert-rule"),
    path("alerts/budgets/set", set_budget, name="set-budget"),
    path("alerts/budgets/remove", remove_budget, name="remove-budget"),
    path("services", services, name="services"),
    path("machines", machines, name="machines"),
    path("machines/<str:machine_id>", machine, name="machine"),
    path("billing", billing, name="billing"),
    path("billing/<str:company_id>", company, name="company"),
    path("tariffs", tariffs, name="tariffs"),
    path("tariffs/versions/add", add_version, name="add-tariff"),
    path("tariffs/<str:tariff_name>", tariff, name="tariff"),
    path("what-if", tariff_what_if, name="what-if"),
    path("what-if/quota", quota_what_if, name="quota-what-if"),
    path("invoices", invoices, name="invoices"),
    path("invoices/draft", draft_invoice, name="draft-invoice"),
    path("invoices/<str:number>", invoice, name="invoice"),
    path("events", explorer, name="explorer"),
    path("offers", offers, name="offers"),
    path("dashboards", dashboards, name="dashboards"),
    path("dashboards/new", new_dashboard, name="new-dashboard"),
    path("dashboards/import", import_dashboard, name="import-dashboard"),
    path("dashboards/<int:number>", dashboard, name="dashboard"),
    path("dashboards/<int:number>/edit", change_dashboard, name="change-dashboard"),
    path("dashboards/<int:number>/delete", delete_dashboard, name="delete-dashboard"),
    path("proof", proof, name="proof"),
    path("proof/<str:hour>", passport, name="passport"),
    path("proof/<str:hour>/events", events, name="events"),
    path("dead-letters", letters_page, name="dead-letters"),
    path("dead-letters/replay", replay_letters, name="replay-letters"),
    path("dead-letters/discard", discard_letters, name="discard-letters"),
    path("dead-letters/<str:topic>/<int:partition>/<int:offset>", letter_page, name="dead-letter"),
    path("gaps", gaps_page, name="gaps"),
    path("gaps/acknowledge", acknowledge_gaps, name="acknowledge-gaps"),
    path("health", health, name="health"),
]
