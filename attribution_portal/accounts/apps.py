from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "attribution_portal.accounts"
