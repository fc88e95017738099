from django.apps import AppConfig


class LookoutConfig(AppConfig):
    name = "attribution_portal.lookout"
