from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "attribution_portal.audit"

    def ready(self) -> None:
        from attribution_portal.audit import sign_ins  # noqa: F401 its receivers
