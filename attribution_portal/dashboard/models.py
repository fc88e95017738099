"""When somebody last looked at a partner's dashboard."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from attribution_portal.partners.models import Partner


class Visit(models.Model):
    """One row per person and partner. `seen_at`: the last look, of the visit that goes on. `before`: the last look of
    the visit before it, null during the first. `visits.look` says where one visit ends and another begins."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    before = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "partner"], name="one_visit_per_person_and_partner"),
            models.CheckConstraint(
                condition=Q(before__isnull=True) | Q(before__lt=F("seen_at")), name="visit_after_the_one_before"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.partner_id} · {self.seen_at:%Y-%m-%d %H:%M}"
