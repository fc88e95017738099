from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "attribution_portal.partners"
