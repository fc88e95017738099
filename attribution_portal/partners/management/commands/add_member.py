"""`manage.py add_member EMAIL --partner ID --role ROLE [--password-stdin]`: let a person in. Idempotent."""

from __future__ import annotations

import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Membership, Partner, Role

ACTOR = Actor.command("add_member")


class Command(BaseCommand):
    help = "Give a person a role at a partner; creates the person when new. Run again to change role or password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--partner", required=True, metavar="ID", help="the platform's partner id")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password-stdin", action="store_true", help="read a password from standard input")

    @transaction.atomic
    def handle(
        self, *args: object, email: str, partner: str, role: str, password_stdin: bool, **options: object
    ) -> None:
        tenant = Partner.objects.filter(partner_id=partner).first()
        if tenant is None:
            known = ", ".join(Partner.objects.values_list("partner_id", flat=True)) or "none yet; run connect_partners"
            raise CommandError(f"No partner {partner!r} is connected. Known: {known}.")
        person = User.objects.filter(email__iexact=email.strip()).first()
        try:
            if person is None:
                person = User.objects.create_user(email)
            if password_stdin:
                password = sys.stdin.readline().rstrip("\r\n")
                validate_password(password, person)
                person.set_password(password)
                person.save(update_fields=["password"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
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
        if password_stdin:
            record(kind=Kind.PASSWORD_CHANGED, actor=ACTOR, target=person.email)
        self.stdout.write(f"{person.email} is {Role(role).label.lower()} of {tenant.name}.")
        if not person.has_usable_password():
            self.stdout.write("No password is set yet: run again with --password-stdin.")
