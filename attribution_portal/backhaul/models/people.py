"""What people leave on a package: sign-offs, and when they last looked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from attribution_portal.backhaul.models.evaluations import Evaluation
from attribution_portal.backhaul.models.packages import AttributionFields, Package
from attribution_portal.partners.models import Partner


class Review(AttributionFields):
    """An account manager's sign-off of one row of the ledger, under the settings that were in force then.

    `settings_changed_at` is the poll state's at that moment: a later change of the settings differs from it even when
    it sets the same values again. The reviewer's name and e-mail address stay when the person goes. `withdrawn_*`: who
    took it back, when and why; a newer sign-off stands beside it, and nothing is ever removed."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="reviews")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.RESTRICT, related_name="reviews")
    settings_changed_at = models.DateTimeField(null=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer_name = models.CharField(max_length=254)
    reviewer_email = models.CharField(max_length=254)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    token = models.UUIDField(unique=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_by_name = models.CharField(max_length=254, blank=True)
    withdrawn_by_email = models.CharField(max_length=254, blank=True)
    withdrawal_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reviewer_email=""), name="review_has_a_reviewer"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by_email="", withdrawal_note="")
                | (Q(withdrawn_at__gte=F("at")) & ~Q(withdrawn_by_email="")),
                name="review_withdrawal_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["package", "-at"], name="reviews_of_a_package")]

    def __str__(self) -> str:
        return f"{self.package_id} {self.at:%Y-%m-%d %H:%M} {self.reviewer_email}"


class Look(models.Model):
    """When somebody last looked at a package's page: one row per person and package. `seen_at`: the last look, of the
    visit that goes on. `before`: the last look of the visit before it, null during the first (`looks.look`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    before = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "package"], name="one_look_per_person_and_package"),
            models.CheckConstraint(
                condition=Q(before__isnull=True) | Q(before__lt=F("seen_at")), name="look_after_the_one_before"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.package_id} · {self.seen_at:%Y-%m-%d %H:%M}"
