"""Django, made ready in this process."""

from __future__ import annotations

import importlib

import django
from django.conf import settings


def start_django() -> None:
    """Configure Django from `serving.site_settings` and load the apps. A second call changes nothing."""
    if not settings.configured:
        module = importlib.import_module("serving.site_settings")
        settings.configure(**{name: value for name, value in vars(module).items() if name.isupper()})
        django.setup()
