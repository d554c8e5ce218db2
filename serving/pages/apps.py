"""The Django app of the pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "serving.pages"
    label = "pages"
