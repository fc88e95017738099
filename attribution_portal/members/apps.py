from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "attribution_portal.members"
