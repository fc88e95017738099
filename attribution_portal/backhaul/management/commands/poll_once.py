"""`manage.py poll_once`: one round of polling without Celery."""

from __future__ import annotations

from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.polling import engine, listing
from attribution_portal.backhaul.settings import known_defaults
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.errors import PlatformError


class Command(BaseCommand):
    help = "List the packages of every connected partner, read those that are due, and say what happened."

    def handle(self, *args: object, **options: object) -> None:
        if not Partner.objects.exists():
            raise CommandError("No partner is stored yet. Run `manage.py connect_partners` first.")
        now = clock.now()
        told: dict[int, list[str]] = {}
        partners = {partner.pk: partner for partner in listing.due(now)}
        for partner in partners.values():
            told[partner.pk] = [self._list(partner)]
        counts: Counter[tuple[int, str]] = Counter()
        due = clock.now()
        # Claimed a few chunks at a time, so that no lease ends before its chunk's turn, however long the round.
        while chunks := engine.claim_due(now=clock.now(), due=due):
            for chunk in chunks:
                recorded = engine.poll_chunk(chunk)
                counts[chunk.partner, "read"] += recorded.taken
                counts[chunk.partner, "new"] += recorded.new_rows
                counts[chunk.partner, "failed"] += recorded.failures
        for pk, partner in partners.items():
            read, new, failed = (counts[pk, what] for what in ("read", "new", "failed"))
            told[pk].append(f"{read} read, {new} with new results, {failed} could not be read")
            self.stdout.write(f"{partner.name} ({partner.partner_id}): {'; '.join(told[pk])}.")
        for partner in Partner.objects.exclude(pk__in=partners):
            self.stdout.write(f"{partner.name} ({partner.partner_id}): {self._why_not(partner)}.")

    def _why_not(self, partner: Partner) -> str:
        if partner.switched_off_at is not None:
            return "is switched off"
        return "waits after failures" if partner.connected else "is not connected"

    def _list(self, partner: Partner) -> str:
        try:
            listed = engine.list_packages(partner=partner)
            known_defaults.refresh(partner=partner, caller=caller_for(partner, lane="polling"), now=clock.now())
        except PlatformError as error:
            return f"packages could not be listed: {error.sentence}"
        return f"{listed.total} packages listed, {listed.new} new, {listed.changed} changed, {listed.vanished} gone"
