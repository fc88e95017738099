"""The ledger of results."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.models.changes import SettingsChange
from attribution_portal.backhaul.models.packages import AttributionFields, Package
from attribution_portal.partners.models import Partner


class Evaluation(AttributionFields):
    """The ledger: one row per result, with the settings it belongs to as far as that can be known.

    `number` counts a package's rows from 1; with the package it is unique, so that two writers of the same row collide.
    `inherited` names those of the settings that were the partner's defaults. `clusters`: `[{"tc", "customers", "items",
    "revenue"}]`, counts and money as decimal strings. `change` is the settings change that
    this result proves to answer."""

    class Certainty(models.TextChoices):
        PROVED = "proved", _("proved")
        PRESUMED = "presumed", _("presumed")
        UNKNOWN = "unknown", _("unknown")

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="evaluations")
    number = models.PositiveIntegerField()
    inherited = models.JSONField(default=list)
    settings_fingerprint = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    clusters = models.JSONField()
    customers = models.BigIntegerField()
    items = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=24, decimal_places=4)
    first_seen = models.DateTimeField()
    last_confirmed = models.DateTimeField()
    certainty = models.CharField(max_length=10, choices=Certainty.choices)
    change = models.ForeignKey(SettingsChange, null=True, on_delete=models.RESTRICT, related_name="answers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["package", "number"], name="one_evaluation_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="evaluation_numbers_from_one"),
            models.CheckConstraint(
                condition=Q(certainty__in=["proved", "presumed", "unknown"]), name="evaluation_certainty_known"
            ),
            models.CheckConstraint(
                condition=Q(last_confirmed__gte=F("first_seen")), name="evaluation_confirmed_after_seen"
            ),
            models.CheckConstraint(
                condition=Q(change__isnull=True) | Q(certainty="proved"), name="evaluation_cause_only_if_proved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} #{self.number}"
