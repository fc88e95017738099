"""`manage.py add_operator EMAIL [--password-stdin]`: the first person who operates the portal. Idempotent."""

from __future__ import annotations

from django.db import transaction

from attribution_portal.accounts.command_line import PersonCommand
from attribution_portal.audit.trail import Actor
from attribution_portal.operators import people

ACTOR = Actor.command("add_operator")


class Command(PersonCommand):
    help = "Let a person operate the portal; creates the person when new. Operators make others at /operate/."

    @transaction.atomic
    def handle(self, *args: object, email: str, password_stdin: bool, **options: object) -> None:
        person = self.person(email, password_stdin=password_stdin, actor=ACTOR)
        people.make_operator(person, actor=ACTOR, reason="")
        sentence = f"{person.email} operates the portal."
        if not person.is_active:
            sentence = f"{person.email} would operate the portal, but is switched off."
        self.say(sentence, person)
