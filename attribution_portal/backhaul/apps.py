from django.apps import AppConfig


class BackhaulConfig(AppConfig):
    name = "attribution_portal.backhaul"
