"""`manage.py rotate_keys`: seal every stored secret with the newest key, so that older keys can go."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from attribution_portal.audit.trail import Actor
from attribution_portal.operators.rotation import rotate


class Command(BaseCommand):
    help = (
        "Seal every stored secret anew with the first key of FIELD_ENCRYPTION_KEYS. First put a new key in front and "
        "restart the portal; then run this; then older keys can be removed. Nobody has to sign in again. May be "
        "repeated. Exit code 1 when a secret cannot be opened by any key."
    )

    def handle(self, *args: object, **options: object) -> None:
        rotated = rotate(actor=Actor.command("rotate_keys"))
        self.stdout.write(f"Secrets sealed anew in the database: {rotated.resealed}.")
        if rotated.tokens is None:
            self.stdout.write("Redis cannot be reached: service accounts sign in anew when the older keys are gone.")
        else:
            self.stdout.write(f"Sets of tokens sealed anew in Redis: {rotated.tokens}.")
        if rotated.unopened:
            named = "".join(f"\n  - {each}" for each in rotated.unopened)
            raise CommandError(f"No key in FIELD_ENCRYPTION_KEYS opens these, and they stay as they are:{named}")
        if not rotated.settled:
            raise CommandError("Secrets go on being sealed with an older key. Restart the portal, then run this again.")
        self.stdout.write("Every secret opens with the newest key alone: older ones can be removed.")
