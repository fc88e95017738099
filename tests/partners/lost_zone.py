"""A zone that is stored and that nobody knows: from before the database refused such names, or from other tables."""

from __future__ import annotations

from django.db import connection

from attribution_portal.partners.models import Partner


def lose(partner: Partner, name: str = "Asia/Atlantis") -> None:
    """Past the database's own refusal alone; whatever else follows a new zone happens."""
    with connection.cursor() as cursor:
        # A table with rows whose foreign keys are still to be checked cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE partners_partner DISABLE TRIGGER partners_zone_known_changed")
        Partner.objects.filter(pk=partner.pk).update(timezone=name)
        cursor.execute("ALTER TABLE partners_partner ENABLE TRIGGER partners_zone_known_changed")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
