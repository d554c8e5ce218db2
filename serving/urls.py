"""Every address of the site."""

from django.urls import include, path

from serving import probes
from serving.api.app import api, original

urlpatterns = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("api/", original.urls),
    path("", include("serving.accounts.urls")),
    path("", include("serving.pages.urls")),
]

handler403 = "serving.faults.not_allowed"
handler404 = "serving.faults.not_found"
handler500 = "serving.faults.server_fault"
