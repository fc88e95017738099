from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "attribution_portal.dashboard"
