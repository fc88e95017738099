from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    name = "attribution_portal.operators"
