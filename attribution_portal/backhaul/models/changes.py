"""Settings and their history: a package's, and the partner's defaults."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attribution_portal.audit.models import AuditEvent
from attribution_portal.backhaul.models.packages import AttributionFields, Package
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

MODELS = ("ALL_PURCHASES", "EVENTS_FROM_PACKAGE", "EVENT_SERIES")
LONGEST_WINDOW = 365
OUTCOMES = ("done", "unknown", "refused", "not_taken")


class Change(AttributionFields):
    """One change of settings, stored before it is sent, as `unknown`; its token admits it once. `before_*` are the
    values in force until then; `intent` is its entry in the audit trail, which the outcome is linked to. `not_taken`:
    nobody heard of it again, and what was read later was something else."""

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        UNKNOWN = "unknown", _("not known yet")
        REFUSED = "refused", _("refused")
        NOT_TAKEN = "not_taken", _("not taken")

    # What such a change wanted was never in force.
    IN_VAIN = (Outcome.REFUSED, Outcome.NOT_TAKEN)

    before_model = models.TextField(blank=True)
    before_window = models.BigIntegerField(null=True)
    before_email_sent_date = models.DateField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    token = models.UUIDField(unique=True, default=uuid.uuid4)
    intent = models.ForeignKey(AuditEvent, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+")

    class Meta:
        abstract = True

    @property
    def before(self) -> AttributionSettings:
        return AttributionSettings(
            model=self.before_model or None,
            window=self.before_window,
            email_sent_date=self.before_email_sent_date,
        )

    @before.setter
    def before(self, value: AttributionSettings) -> None:
        self.before_model = value.model or ""
        self.before_window, self.before_email_sent_date = value.window, value.email_sent_date


class SettingsChange(Change):
    """One change of a package's settings. `user` null: seen at the platform, made outside the portal or through the
    partner's defaults."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="changes")
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="change_outcome_known"),
            models.CheckConstraint(
                condition=Q(user__isnull=True)
                | Q(model__in=MODELS, window__gte=1, window__lte=LONGEST_WINDOW, email_sent_date__isnull=False),
                name="change_by_a_person_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(outcome="done"), name="change_seen_upstream_is_done"
            ),
        ]
        indexes = [models.Index(fields=["package", "-made_at"], name="changes_of_a_package")]

    def __str__(self) -> str:
        return f"{self.package_id} {self.made_at:%Y-%m-%d %H:%M} {self.outcome}"


class DefaultsChange(Change):
    """One change of a partner's defaults, made here by a person. The e-mail date is optional there (contract §8)."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="defaults_outcome_known"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, model__in=MODELS, window__gte=1, window__lte=LONGEST_WINDOW),
                name="defaults_change_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["partner", "-made_at"], name="changes_of_defaults")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.made_at:%Y-%m-%d %H:%M} {self.outcome}"


class KnownDefaults(AttributionFields):
    """A partner's defaults as last read, so that lists can say which packages deviate without asking the platform."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.partner_id} read {self.read_at}"
