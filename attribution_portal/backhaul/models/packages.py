"""A package as the platform lists it, and settings as it words them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings


class AttributionFields(models.Model):
    """Settings as the platform words them; an unknown model and an odd window are kept as they are."""

    model = models.TextField(blank=True)
    window = models.BigIntegerField(null=True, help_text=_("Whole days after the e-mail date"))
    email_sent_date = models.DateField(null=True)

    class Meta:
        abstract = True

    @property
    def settings(self) -> AttributionSettings:
        return AttributionSettings(model=self.model or None, window=self.window, email_sent_date=self.email_sent_date)

    @settings.setter
    def settings(self, value: AttributionSettings) -> None:
        self.model, self.window, self.email_sent_date = value.model or "", value.window, value.email_sent_date


class Package(models.Model):
    """One package of a partner. `package_id` is the platform's opaque id.

    `events`: `[{"id", "title"}]`. `clusters`: `[{"tc", "label", "customers"}]`, where `customers` is the number of
    people in the segment or null; empty until `clusters_read_at`, which is null when they have to be read (again).
    `last_seen`: when the platform last named it with news. One that only stands in the list unchanged is not written:
    unless it vanished, it stood in the list of `PartnerPoll.listed_at`.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="packages")
    package_id = models.CharField(max_length=200)
    title = models.TextField(blank=True)
    status = models.TextField(blank=True, help_text=_("The platform's own word"))
    created_at = models.DateTimeField(null=True, help_text=_("At the platform"))
    events = models.JSONField(default=list)
    clusters = models.JSONField(default=list)
    clusters_read_at = models.DateTimeField(null=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    vanished_at = models.DateTimeField(null=True, help_text=_("When the platform's list was first read without it"))
    merge_id = models.TextField(blank=True, help_text=_("The package that the platform merged this one into"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "package_id"], name="one_package_per_partner_and_id"),
            models.CheckConstraint(condition=~Q(package_id=""), name="package_id_given"),
            models.CheckConstraint(condition=Q(last_seen__gte=F("first_seen")), name="package_seen_in_order"),
        ]

    def __str__(self) -> str:
        return self.title or self.package_id

    def get_absolute_url(self) -> str:
        return reverse("backhaul:package", args=[self.partner.partner_id, self.package_id])
