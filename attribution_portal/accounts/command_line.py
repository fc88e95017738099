"""People by way of the command line, which is how the first ones come to be."""

from __future__ import annotations

import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.accounts.models import User
from attribution_portal.audit.trail import Actor, Kind, record


class PersonCommand(BaseCommand):
    """A command about one person, who is made when new. Call `person` within a transaction."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password-stdin", action="store_true", help="read a password from standard input")

    def person(self, email: str, *, password_stdin: bool, actor: Actor) -> User:
        """The person with this address; the password, if one is to be read, is set and that put on record. Raises
        CommandError for a bad address or a weak password."""
        person = User.objects.filter(email__iexact=email.strip()).first()
        try:
            if person is None:
                person = User.objects.create_user(email)
            if password_stdin:
                password = sys.stdin.readline().rstrip("\r\n")
                validate_password(password, person)
                person.set_password(password)
                person.save(update_fields=["password"])
                record(kind=Kind.PASSWORD_CHANGED, actor=actor, target=person.email)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return person

    def say(self, sentence: str, person: User) -> None:
        self.stdout.write(sentence)
        if not person.has_usable_password():
            self.stdout.write("No password is set yet: run again with --password-stdin.")
