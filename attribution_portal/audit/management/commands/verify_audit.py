"""`manage.py verify_audit`: read the audit trail again and say where it was tampered with."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import UTC
from typing import Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attribution_portal.audit.verification import Fault, chains, verify
from attribution_portal.partners.models import Partner

PORTAL: Final = "(portal)"


class Command(BaseCommand):
    help = (
        "Read the chains of the audit trail from their first event to their last, and name each row that was changed, "
        "removed, moved or slipped in. Exits with 1 when there is one. A chain that somebody rebuilt as a whole, with "
        "its head, is only found by a hash from before: keep what --heads prints outside of this database, and give "
        "it back with --known."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--partner", metavar="ID", help="read this partner's chain only")
        only.add_argument("--portal", action="store_true", help="read the portal-wide chain only")
        parser.add_argument("--heads", action="store_true", help="also print the hash at the end of each chain")
        parser.add_argument(
            "--known",
            action="append",
            default=[],
            metavar="HASH",
            type=_hash,
            help="a hash that --heads printed earlier and that must still be in one of the chains. May be repeated",
        )

    def handle(
        self, *args: object, partner: str | None, portal: bool, heads: bool, known: list[str], **options: object
    ) -> None:
        names = dict(Partner.objects.values_list("pk", "partner_id"))
        unmet, faults = frozenset(known), 0
        for key in self._asked(partner, portal, names):
            name = PORTAL if key is None else names.get(key, f"(partner {key}, deleted)")
            chain = verify(key, unmet)
            unmet -= chain.known
            faults += len(chain.faults)
            for fault in chain.faults:
                self.stdout.write(f"{name}: {_in_words(fault)}")
            if not chain.faults:
                self.stdout.write(f"{name}: {chain.events} events, none tampered with")
            if heads:
                self.stdout.write(f"{name}: head {chain.events} {chain.hash}")
        for each in sorted(unmet):
            self.stdout.write(f"no event has the hash {each}")
        if faults or unmet:
            raise CommandError("The audit trail was tampered with.")

    def _asked(self, partner: str | None, portal: bool, names: dict[int, str]) -> tuple[int | None, ...]:
        if portal:
            return (None,)
        if partner is None:
            return chains()
        for key, name in names.items():
            if name == partner:
                return (key,)
        raise CommandError(f"No partner {partner!r} is connected.")


def _in_words(fault: Fault) -> str:
    when = f", {fault.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if fault.at else ""
    return f"event {fault.position}{when}: {fault.what}"


def _hash(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ArgumentTypeError("a hash is 64 hexadecimal digits")
    return text
