"""The schema app: label `schema`, no pages."""

from django.apps import AppConfig


class SchemaConfig(AppConfig):
    name = "serving.schema"
    label = "schema"
    default_auto_field = "django.db.models.BigAutoField"
