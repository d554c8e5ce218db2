"""The accounts app: label `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "serving.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
