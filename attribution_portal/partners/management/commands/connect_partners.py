"""`manage.py connect_partners`: sign in with the service account and store the partners it serves."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from attribution_portal.partners import connect
from attribution_portal.partners.models import ServiceAccount
from attribution_portal.platform_api.errors import PlatformError


class Command(BaseCommand):
    help = (
        "Sign in with PLATFORM_USERNAME and PLATFORM_PASSWORD (or with the accounts stored before), store the partners "
        "that the account serves, and say what it may read of each."
    )

    def handle(self, *args: object, **options: object) -> None:
        for account in self._accounts():
            try:
                outcome = connect.connect(account)
            except PlatformError as error:
                raise CommandError(f"{account.username}: {error.sentence} ({error})") from error
            self.stdout.write(f"{account.username} signs in at {settings.PLATFORM_BASE_URL}.")
            for line in connect.in_words(outcome):
                self.stdout.write(line)

    def _accounts(self) -> list[ServiceAccount]:
        username, password = settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD
        if username and password:
            return [connect.store_account(username=username, password=password)]
        if username or password:
            missing = "PLATFORM_PASSWORD" if username else "PLATFORM_USERNAME"
            raise CommandError(f"{missing} is missing.")
        if stored := list(ServiceAccount.objects.order_by("pk")):
            return stored
        raise CommandError("PLATFORM_USERNAME and PLATFORM_PASSWORD are missing, and no account is stored yet.")
