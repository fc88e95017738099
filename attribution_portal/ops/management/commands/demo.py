"""`manage.py demo`: the portal on a stand-in platform, with people to sign in as."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.accounts.models import User
from attribution_portal.ops import demo_past, local
from attribution_portal.ops.embedded import wait_for_port
from attribution_portal.ops.management.commands.serve import claim_folder, claim_port, parts
from attribution_portal.ops.supervisor import Part, running_beside, supervise
from attribution_portal.partners.models import Membership, Partner, Role

PASSWORD = "demo-password"  # noqa: S105 - printed on purpose: it opens made-up data on this machine only
MANAGER = "manager@portal.example"
PEOPLE = (
    ("marketer@acme.example", "Alice Marketer", {"partner-id-acme": Role.EDITOR}),
    ("viewer@acme.example", "Bob Viewer", {"partner-id-acme": Role.VIEWER}),
    ("marketer@sakura.example", "Charlie Marketer", {"partner-id-sakura": Role.EDITOR}),
    (
        MANAGER,
        "Mara Manager",
        {
            "partner-id-acme": Role.ACCOUNT_MANAGER,
            "partner-id-sakura": Role.ACCOUNT_MANAGER,
            "fd4711": Role.ACCOUNT_MANAGER,
        },
    ),
)
OPERATOR = ("operator@portal.example", "Olga Operator")


class Command(BaseCommand):
    help = "Run everything on demo data: a stand-in platform, people, and the portal itself. Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--delay", type=float, default=20.0, help="seconds until new settings change the results")
        parser.add_argument("--latency-ms", type=int, default=0, help="how long the stand-in platform thinks")

    def handle(self, *args: object, port: int, delay: float, latency_ms: int, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("The demo runs on its own data only; start it with `make demo`.")
        claim_port("127.0.0.1", port)
        claim_folder()
        platform_port = urlsplit(settings.PLATFORM_BASE_URL).port or 0
        sandbox = Part(
            "platform",
            [
                *(sys.executable, "-m", "attribution_portal.sandbox", "--host", "127.0.0.1"),
                *("--port", str(platform_port), "--delay", str(delay), "--latency-ms", str(latency_ms)),
            ],
        )
        with running_beside(sandbox, environ=os.environ) as platform:
            call_command("migrate", interactive=False, verbosity=0)
            wait_for_port(platform_port, seconds=60)
            call_command("connect_partners", zone=["partner-id-sakura=Asia/Tokyo"], stdout=self.stdout)
            people()
            demo_past.remember(manager=User.objects.get(email=MANAGER), platform_port=platform_port)
            self.stdout.write(self._welcome(port))
            self.stdout.flush()
            local.leave_if_told()
            status = supervise(parts(port=port, host="127.0.0.1"), environ=os.environ, beside=platform)
        sys.exit(status)

    def _welcome(self, port: int) -> str:
        address = f"http://localhost:{port}"
        accounts = "\n".join(
            f"    {email:<26} {', '.join(f'{role.label.lower()} of {partner}' for partner, role in roles.items())}"
            for email, _name, roles in PEOPLE
        )
        accounts += f"\n    {OPERATOR[0]:<26} operator: service accounts, partners and people, at {address}/operate/"
        acme = f"{address}/p/partner-id-acme"
        return (
            f"\nThe portal is at {address}/ on made-up data (Ctrl-C stops it).\n"
            f"Sign in with the password {PASSWORD} as\n{accounts}\n"
            "Look at\n"
            f"    {acme}/events/evt_closed/         daily revenue, with automated and manual adjustments\n"
            f"    {acme}/campaigns/evt_closed/      the post-campaign card\n"
            f"    {acme}/packages/pkg_main/         an evaluation; change its settings and watch new results arrive\n"
            f"    {address}/review/            as the manager: what needs attention over all partners\n"
        )


def people() -> None:
    """The demo's accounts and memberships; run again, it changes nothing."""
    partners = Partner.objects.in_bulk(field_name="partner_id")
    for email, name, roles in PEOPLE:
        person = _person(email, name)
        for partner_id, role in roles.items():
            if partner_id in partners:
                Membership.objects.update_or_create(user=person, partner=partners[partner_id], defaults={"role": role})
    User.objects.filter(pk=_person(*OPERATOR).pk).update(is_staff=True)


def _person(email: str, name: str) -> User:
    person, new = User.objects.get_or_create(email=email, defaults={"name": name})
    if new or not person.check_password(PASSWORD):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
    return person
