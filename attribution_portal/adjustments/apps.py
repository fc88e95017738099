from django.apps import AppConfig


class AdjustmentsConfig(AppConfig):
    name = "attribution_portal.adjustments"
