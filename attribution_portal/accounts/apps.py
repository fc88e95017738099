from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "attribution_portal.accounts"

    def ready(self) -> None:
        # Web processes queue tasks too, at the broker that this application knows.
        from attribution_portal import celery  # noqa: F401
