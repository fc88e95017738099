from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "attribution_portal.ops"
