from django.apps import AppConfig
from django.core import checks


class PartnersConfig(AppConfig):
    name = "attribution_portal.partners"

    def ready(self) -> None:
        from attribution_portal.partners.zones import default_is_known

        checks.register(default_is_known, checks.Tags.database)
