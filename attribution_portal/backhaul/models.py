"""What the portal remembers about packages: the platform itself keeps only the present answer (contract §8).

`Package` mirrors the platform's list, `PollState` says what was last read and what is read next, `Evaluation` is the
ledger, `SettingsChange` the history of settings, `DefaultsChange` that of the partner's defaults. Money is `Decimal` in
major units of the partner's currency.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api.payloads import AttributionSettings

MODELS = ("ALL_PURCHASES", "EVENTS_FROM_PACKAGE", "EVENT_SERIES")
LONGEST_WINDOW = 365
OUTCOMES = ("done", "unknown", "refused", "not_taken")


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


class KnownDefaults(AttributionFields):
    """A partner's defaults as last read, so that lists can say which packages deviate without asking the platform."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.partner_id} read {self.read_at}"


def _bit(bit: int, condition: Q) -> Case:
    return Case(When(condition, then=Value(bit)), default=Value(0))


class Summary(models.Model):
    """One package in one narrow row, by which lists filter, sort, count and sum thousands of them at once.

    Nothing writes it but the database itself: triggers on the rows that it is made of (migration 0009) put it together
    anew whenever one of them changes, so that no writer can forget to. What depends on the time of day, or on whether
    the partner is parked, is not in it (`overview`).

    `search`: title, id and event titles in lower case. `window_end`: the last day that counts. `is_final`: results were
    read on a later day of the partner's. `settings_at`: when the settings last changed. `changes`: how often they did,
    `late_changes`: how often after the window had ended. `deviates`: a value of its own differs from the partner's
    default. `signed`: a `reviews.Kind`."""

    package = models.OneToOneField(Package, primary_key=True, on_delete=models.CASCADE, related_name="summary")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+", db_index=False)
    title = models.TextField()
    search = models.TextField()
    status = models.TextField()
    merged = models.BooleanField()
    vanished = models.BooleanField()
    created_at = models.DateTimeField(null=True)
    model = models.TextField()
    window_end = models.DateField(null=True)
    has_results = models.BooleanField()
    customers = models.BigIntegerField(null=True)
    items = models.BigIntegerField(null=True)
    revenue = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    result_at = models.DateTimeField(null=True)
    settings_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text=_("The later of the two"))
    first_seen = models.DateTimeField()
    pending = models.BooleanField()
    is_final = models.BooleanField()
    failing_since = models.DateTimeField(null=True)
    changes = models.IntegerField()
    late_changes = models.IntegerField()
    deviates = models.BooleanField()
    signed = models.CharField(max_length=20)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.TextField()
    # What follows from the row alone is kept with it, so that an index can be in this order (`overview.Reason`).
    rank = models.GeneratedField(
        expression=Case(
            When(Q(merged=True) | Q(vanished=True), then=Value(7)),
            When(Q(failing_since__isnull=False) & ~Q(status__in=("EXPIRED", "FAILED")), then=Value(0)),
            When(signed="unsigned_by_change", then=Value(2)),
            When(signed="signed", then=Value(7)),
            When(Q(is_final=True, has_results=True, pending=False), then=Value(3)),
            When(late_changes__gt=0, then=Value(4)),
            When(changes__gte=3, then=Value(5)),
            When(Q(deviates=True) & ~Q(status__in=("EXPIRED", "FAILED")), then=Value(6)),
            default=Value(7),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    since = models.GeneratedField(
        expression=Coalesce("failing_since", "settings_at", "result_at", "created_at", "first_seen"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    waits_since = models.GeneratedField(
        expression=Case(
            When(
                Q(merged=True)
                | Q(vanished=True)
                | Q(status__in=("EXPIRED", "FAILED"))
                | Q(failing_since__isnull=False),
                then=None,
            ),
            When(has_results=True, pending=True, then=F("settings_at")),
            When(Q(has_results=False, status="DONE") & Q(settings_at__isnull=False), then=F("settings_at")),
            When(Q(has_results=False, status="DONE") & ~Q(model=""), then=F("first_seen")),
            default=None,
        ),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )

    # The reasons to look at it, as bits by their places in `overview.Reason`; the second is a matter of the moment.
    why = models.GeneratedField(
        expression=Case(
            When(Q(merged=True) | Q(vanished=True), then=Value(0)),
            default=_bit(1, Q(failing_since__isnull=False) & ~Q(status__in=("EXPIRED", "FAILED")))
            + _bit(4, Q(signed="unsigned_by_change"))
            + _bit(8, Q(signed="unsigned", is_final=True, has_results=True, pending=False))
            + _bit(16, ~Q(signed="signed") & Q(late_changes__gt=0))
            + _bit(32, ~Q(signed="signed") & Q(changes__gte=3))
            + _bit(64, ~Q(signed="signed") & Q(deviates=True) & ~Q(status__in=("EXPIRED", "FAILED"))),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        indexes = [
            models.Index(fields=["partner", "-created_at"], name="summaries_of_a_partner"),
            models.Index(fields=["rank", "since", "package"], include=["partner", "waits_since"], name="by_attention"),
            models.Index(F("moved_at").desc(nulls_last=True), F("package"), name="by_last_change"),
            models.Index(
                fields=["waits_since"], include=["partner"], condition=Q(waits_since__isnull=False), name="by_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Tally(models.Model):
    """A partner's packages counted and summed up, kept by triggers on their summaries (migration 0011): what a board
    without filters says of 20,000 packages, it adds up from as many rows as there are partners. Packages that were
    merged into others are counted and not summed up. `why_*`: a `overview.Reason`, of those that do not depend on the
    time of day."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="+")
    packages = models.IntegerField(default=0)
    with_results = models.IntegerField(default=0)
    merged = models.IntegerField(default=0)
    customers = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    items = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    revenue = models.DecimalField(max_digits=30, decimal_places=4, default=0)
    why_failing = models.IntegerField(default=0)
    why_changed = models.IntegerField(default=0)
    why_unsigned = models.IntegerField(default=0)
    why_late = models.IntegerField(default=0)
    why_often = models.IntegerField(default=0)
    why_deviates = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.partner_id} {self.packages}"


class PartnerPoll(models.Model):
    """How reading a partner as a whole goes (`outages`). While `parked_until` lies ahead nothing of this partner is
    polled; once it has passed, reading is tried carefully until something answers. `parked_since`: the first parking of
    those in a row. `listed_at`: when its list of packages was last read; `list_due`: not to be read before.
    `budget_until`: its packages are not read before, because the polling share of its reads was spent. `claimed_at`:
    when some of them were last claimed; who has waited longest comes first."""

    partner = models.OneToOneField(Partner, primary_key=True, on_delete=models.CASCADE, related_name="poll")
    listed_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    list_due = models.DateTimeField(null=True)
    budget_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    parked_since = models.DateTimeField(null=True)
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
    packages that could not be read. For those who operate the portal; pruned (`rounds.prune`)."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    read = models.PositiveIntegerField(default=0)
    news = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "partner"], name="one_row_per_hour_and_partner")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.hour:%Y-%m-%d %H:%M} {self.read}"


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
