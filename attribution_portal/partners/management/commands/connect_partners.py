"""`manage.py connect_partners`: sign in with the service account and store the partners it serves."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.partners import connect
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api.errors import PlatformError


class Command(BaseCommand):
    help = (
        "Sign in with PLATFORM_USERNAME and PLATFORM_PASSWORD (or with the accounts stored before), store the partners "
        "that the account serves, and say what it may read of each."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--zone",
            action="append",
            default=[],
            metavar="ID=ZONE",
            help="a partner's time zone, such as partner-id-acme=Europe/Berlin. May be repeated",
        )

    def handle(self, *args: object, zone: list[str], **options: object) -> None:
        zones = dict(_zone(each) for each in zone)
        for account in self._accounts():
            try:
                outcome = connect.connect(account)
            except PlatformError as error:
                raise CommandError(f"{account.username}: {error.sentence} ({error})") from error
            self.stdout.write(f"{account.username} signs in at {settings.PLATFORM_BASE_URL}.")
            for line in connect.in_words(outcome):
                self.stdout.write(line)
        for partner_id, name in zones.items():
            if not Partner.objects.filter(partner_id=partner_id).update(timezone=name):
                raise CommandError(f"--zone: no partner {partner_id!r} is connected.")
            self.stdout.write(f"{partner_id}: days are those of {name}.")

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


def _zone(given: str) -> tuple[str, str]:
    partner_id, _, name = given.rpartition("=")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise CommandError(f"--zone: {name!r} is no time zone. Give it as partner-id-acme=Europe/Berlin.") from error
    return partner_id, name
