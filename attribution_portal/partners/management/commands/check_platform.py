"""`manage.py check_platform [--account USERNAME]`: say per account and partner what the platform lets the portal do."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.audit.trail import Actor
from attribution_portal.partners import connect, wording
from attribution_portal.partners.models import ServiceAccount

# For each account.
SECONDS = 600.0


class Command(BaseCommand):
    help = (
        "Sign in with every service account and say, per partner of its token, what it may read. What is found is kept "
        "for the operators' page, and partners that a token no longer names are shown as disconnected. Exit code 1 "
        "when an account does not sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="USERNAME", help="only this one")

    def handle(self, *args: object, account: str | None, **options: object) -> None:
        accounts = ServiceAccount.objects.order_by("pk")
        if account is not None:
            accounts = accounts.filter(username=account)
        if not accounts:
            known = ", ".join(ServiceAccount.objects.order_by("pk").values_list("username", flat=True))
            raise CommandError(f"No such account is stored. Known: {known or 'none yet'}.")
        refused: list[str] = []
        for each in accounts:
            findings = connect.check(each, actor=Actor.command("check_platform"), seconds=SECONDS)
            self.stdout.write(f"{each.username}: {wording.sign_in(findings)}")
            if findings.problem is not None:
                refused.append(each.username)
                continue
            for line in wording.lines(findings):
                self.stdout.write(f"  {line}")
        if refused:
            raise CommandError(f"Without a sign-in: {', '.join(refused)}.")
