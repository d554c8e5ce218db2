"""The pages' addresses."""

from django.urls import path

from serving.pages.views.events import events
from serving.pages.views.health import health
from serving.pages.views.machine import machine
from serving.pages.views.machines import machines
from serving.pages.views.overview import overview
from serving.pages.views.passport import passport
from serving.pages.views.proof import proof
from serving.pages.views.quotas import quotas
from serving.pages.views.services import services
from serving.pages.views.usage import usage

urlpatterns = [
    path("", overview, name="overview"),
    path("usage", usage, name="usage"),
    path("quotas", quotas, name="quotas"),
    path("services", services, name="services"),
    path("machines", machines, name="machines"),
    path("machines/<str:machine_id>", machine, name="machine"),
    path("proof", proof, name="proof"),
    path("proof/<str:hour>", passport, name="passport"),
    path("proof/<str:hour>/events", events, name="events"),
    path("health", health, name="health"),
]
