"""`manage.py add_member EMAIL --partner ID --role ROLE [--password-stdin]`: let a person in. Idempotent."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from attribution_portal.accounts.command_line import PersonCommand
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Membership, Partner, Role

ACTOR = Actor.command("add_member")


class Command(PersonCommand):
    help = "Give a person a role at a partner; creates the person when new. Run again to change role or password."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--partner", required=True, metavar="ID", help="the platform's partner id")
        parser.add_argument("--role", required=True, choices=Role.values)

    @transaction.atomic
    def handle(
        self, *args: object, email: str, partner: str, role: str, password_stdin: bool, **options: object
    ) -> None:
        tenant = Partner.objects.filter(partner_id=partner).first()
        if tenant is None:
            known = ", ".join(Partner.objects.values_list("partner_id", flat=True)) or "none yet; run connect_partners"
            raise CommandError(f"No partner {partner!r} is connected. Known: {known}.")
        person = self.person(email, password_stdin=password_stdin, actor=ACTOR)
        before = Membership.objects.select_for_update().filter(user=person, partner=tenant).first()
        if before is None or before.role != role:
            Membership.objects.update_or_create(user=person, partner=tenant, defaults={"role": role})
            record(
                kind=Kind.ROLE_CHANGED if before else Kind.MEMBER_ADDED,
                actor=ACTOR,
                partner=tenant,
                target=person.email,
                before={"role": before.role} if before else None,
                after={"role": role},
            )
        self.say(f"{person.email} is {Role(role).label.lower()} of {tenant.name}.", person)
