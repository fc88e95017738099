"""What was last read, what is read next, and how that goes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attribution_portal.backhaul.models.changes import SettingsChange
from attribution_portal.backhaul.models.evaluations import Evaluation
from attribution_portal.backhaul.models.packages import AttributionFields, Package
from attribution_portal.partners.models import Partner


class PollState(AttributionFields):
    """What was last read of a package, and when it is read next.

    Settings and `inherited` (which of them are the partner's defaults) are those last read, in force.
    `pending_changes` counts the settings changes since the present results were first read: above 0, the results
    still belong to older settings, or it cannot be known. `lease` is the token of the claim that reads this row now;
    `next_due` null: nothing is to be read any more. `last_error` is a class of `platform_api.errors`; its words are
    looked up when they are shown, in the reader's language."""

    package = models.OneToOneField(Package, primary_key=True, on_delete=models.CASCADE, related_name="poll")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    next_due = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    last_read_at = models.DateTimeField(null=True, help_text=_("Last attempt, good or bad"))
    last_ok_at = models.DateTimeField(null=True)
    watched_until = models.DateTimeField(null=True)
    inherited = models.JSONField(default=list)
    settings_changed_at = models.DateTimeField(null=True)
    pending_changes = models.PositiveIntegerField(default=0)
    last_change = models.ForeignKey(SettingsChange, null=True, on_delete=models.SET_NULL, related_name="+")
    latest = models.ForeignKey(Evaluation, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lease__isnull=True, lease_until__isnull=True)
                | Q(lease__isnull=False, lease_until__isnull=False),
                name="poll_lease_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True, last_error="")
                | (Q(failures__gte=1, failing_since__isnull=False) & ~Q(last_error="")),
                name="poll_failure_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(pending_changes=0) | Q(settings_changed_at__isnull=False), name="poll_pending_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["next_due"], condition=Q(next_due__isnull=False), name="poll_due"),
            models.Index(
                fields=["partner", "next_due", "package"],
                condition=Q(next_due__isnull=False),
                name="poll_due_of_partner",
            ),
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="poll_leased"),
            models.Index(fields=["partner", "window", "-email_sent_date"], name="poll_by_window"),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} due {self.next_due}"


class PartnerPoll(models.Model):
    """How reading a partner as a whole goes (`outages`). While `parked_until` lies ahead nothing of this partner is
    polled; once it has passed, reading is tried carefully until something answers. `parked_since`: the first parking of
    those in a row; `parked_at`: when it was last parked. `listed_at`: when its list of packages was last read;
    `list_due`: not to be read before. `budget_until`: its packages are not read before, because the polling share of
    its reads was spent. `claimed_at`: when some of them were last claimed; who has waited longest comes first."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="poll")
    listed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    list_due = models.DateTimeField(null=True)
    budget_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    parked_since = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    parked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True, last_error="", parked_until__isnull=True)
                | (Q(failures__gte=1, failing_since__isnull=False) & ~Q(last_error="")),
                name="partner_poll_failure_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(parked_since__isnull=True, parked_until__isnull=True)
                | Q(parked_since__isnull=False, parked_until__isnull=False),
                name="partner_parking_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} listed {self.listed_at}"


class PollHour(models.Model):
    """What polling did for a partner in one hour, which begins at `hour`: packages read, of which with new results, and
    packages that could not be read. For those who operate the portal; pruned (`polling.rounds.prune`)."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    read = models.PositiveIntegerField(default=0)
    news = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "partner"], name="one_row_per_hour_and_partner")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.hour:%Y-%m-%d %H:%M} {self.read}"
