"""What operators set for a partner: whether its pages are open, and in which zone its days are. Each change is on
record in the partner's own trail, where its editors see it too."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.partners.models import Partner
from attribution_portal.partners.serving import resumed


class ChangedMeanwhileError(Exception):
    """Somebody else set another value after this person's form was drawn. Nothing is changed."""


def set_zone(partner: Partner, zone: str, *, actor: Actor, seen: str | None = None) -> bool:
    """`zone`: an IANA name. `seen`: the zone that the form showed. Whether anything changed; raises
    ChangedMeanwhileError."""
    with transaction.atomic():
        stored = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if stored.timezone == zone:
            return False
        if seen is not None and seen != stored.timezone:
            raise ChangedMeanwhileError
        before, stored.timezone = stored.timezone, zone
        stored.save(update_fields=["timezone"])
        record(
            kind=Kind.PARTNER_ZONE_CHANGED,
            actor=actor,
            partner=stored,
            target=stored.partner_id,
            title=stored.name,
            before={"zone": before},
            after={"zone": zone},
        )
    return True


def switch_off(partner: Partner, *, actor: Actor, reason: str) -> bool:
    """Its members read why they see nothing, and the platform is not asked about it. False when it was off already."""
    with transaction.atomic():
        stored = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if stored.switched_off_at is not None:
            return False
        stored.switched_off_at = timezone.now()
        stored.save(update_fields=["switched_off_at"])
        record(
            kind=Kind.PARTNER_SWITCHED_OFF,
            actor=actor,
            partner=stored,
            target=stored.partner_id,
            title=stored.name,
            reason=reason,
        )
    return True


def switch_on(partner: Partner, *, actor: Actor, reason: str) -> bool:
    """False when it was on already."""
    with transaction.atomic():
        stored = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        if stored.switched_off_at is None:
            return False
        stored.switched_off_at = None
        stored.save(update_fields=["switched_off_at"])
        record(
            kind=Kind.PARTNER_SWITCHED_ON,
            actor=actor,
            partner=stored,
            target=stored.partner_id,
            title=stored.name,
            reason=reason,
        )
        transaction.on_commit(lambda: resumed.send(sender=Partner, partner=stored))
    return True
