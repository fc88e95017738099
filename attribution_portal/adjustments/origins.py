"""From which page somebody came to an adjustment's form, and so where they return to. A name, never an address."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote

from django.http import QueryDict
from django.urls import reverse

from attribution_portal.partners.models import Partner


class Origin(StrEnum):
    LOOKOUT = "lookout"
    WAVE = "wave"

    @classmethod
    def named(cls, fields: QueryDict) -> Origin:
        """Lookout, where the form does not say or says something else."""
        return cls.WAVE if fields.get("origin") == cls.WAVE else cls.LOOKOUT

    def page(self, partner: Partner, eid: str) -> str:
        """The page, at its top, where messages are."""
        name = {Origin.LOOKOUT: "lookout:event", Origin.WAVE: "wave:campaign"}[self]
        return reverse(name, args=[partner.partner_id, eid])

    def address(self, partner: Partner, eid: str, *, row: str | None = None) -> str:
        """The page, at its list of adjustments or at one row of it."""
        place = "panel-adjustments" if row is None else f"adjustments-{quote(row, safe='')}"
        return f"{self.page(partner, eid)}#{place}"
