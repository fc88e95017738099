"""`manage.py connect_partners`: sign in with the service account and store the partners it serves."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.audit.trail import Actor
from attribution_portal.partners import administration, connect, service_accounts, wording, zones
from attribution_portal.partners.models import Partner, ServiceAccount
from attribution_portal.platform_api.errors import PlatformError

ACTOR = Actor.command("connect_partners")
# For each account.
SECONDS = 600.0


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
        wanted = dict(_zone(each) for each in zone)
        if why := zones.refusal(settings.PARTNER_TIME_ZONE):
            raise CommandError(f"PARTNER_TIME_ZONE: {why}")
        refused: list[str] = []
        for account in self._accounts():
            findings = connect.check(account, actor=ACTOR, seconds=SECONDS)
            if findings.problem is not None:
                refused.append(f"{account.username}: {wording.problem(findings.problem)}")
                continue
            self.stdout.write(f"{account.username} signs in at {settings.PLATFORM_BASE_URL}.")
            for line in wording.lines(findings) or ["Its token names no partner."]:
                self.stdout.write(line)
        if refused:
            raise CommandError("\n".join(refused))
        for partner_id, name in wanted.items():
            self._set_zone(partner_id, name)

    def _set_zone(self, partner_id: str, name: str) -> None:
        partner = Partner.objects.filter(partner_id=partner_id).first()
        if partner is None:
            raise CommandError(f"--zone: no partner {partner_id!r} is connected.")
        administration.set_zone(partner, name, actor=ACTOR)
        self.stdout.write(f"{partner_id}: days are those of {name}.")

    def _accounts(self) -> list[ServiceAccount]:
        username, password = settings.PLATFORM_USERNAME, settings.PLATFORM_PASSWORD
        if username and password:
            return [_given(username, password)]
        if username or password:
            missing = "PLATFORM_PASSWORD" if username else "PLATFORM_USERNAME"
            raise CommandError(f"{missing} is missing.")
        if stored := list(ServiceAccount.objects.order_by("pk")):
            return stored
        raise CommandError("PLATFORM_USERNAME and PLATFORM_PASSWORD are missing, and no account is stored yet.")


def _given(username: str, password: str) -> ServiceAccount:
    """Stored, when the platform takes what is new of it."""
    account = ServiceAccount.objects.filter(username=username).first()
    try:
        if account is None:
            return service_accounts.add(username=username, password=password, actor=ACTOR)
        if not account.has_password(password):
            service_accounts.change_password(account, password, actor=ACTOR)
    except PlatformError as error:
        raise CommandError(f"{username}: {error.sentence} ({error})") from error
    return account


def _zone(given: str) -> tuple[str, str]:
    partner_id, _, name = given.rpartition("=")
    if why := zones.refusal(name):
        raise CommandError(f"--zone {given}: {why} Give it as partner-id-acme=Europe/Berlin.")
    return partner_id, name
