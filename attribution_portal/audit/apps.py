from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "attribution_portal.audit"
